#include "edge-node/compile/compile_rule.h"

#include <algorithm>
#include <utility>

#include "edge-node/compile/compile_cache.h"
#include "edge-node/compile/compile_limits.h"
#include "edge-node/compile/compile_match.h"
#include "edge-node/compile/duration.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

using Side = HeaderChange::Side;
using Kind = HeaderChange::Kind;

/// Fields by which messages are framed and connections kept are not for rules to set.
bool is_reserved(std::string_view name) {
  for (const std::string_view reserved :
       {"connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade"})
    if (http::same_word(name, reserved)) return true;
  return false;
}

/// What turns one rule into what requests read. Errors name the field.
class RuleCompiler {
 public:
  RuleCompiler(const std::string& name, const v1::Rule& from, const RuleNeeds& needs)
      : from_(from), needs_(needs) {
    rule_.name = name;
  }

  Result<RulePtr> compile() {
    auto match = compile_match(from_.match(), "spec.match", needs_.workers);
    if (!match) return match.error();
    groups_ = match->path_regex ? match->path_regex->groups() : 0;
    rule_.match = std::move(*match);
    rule_.needs_place |= needs_place(rule_.match);
    if (auto done = compile_action(); !done) return done.error();
    return RulePtr(std::make_shared<const Rule>(std::move(rule_)));
  }

 private:
  Result<void> compile_action() {
    switch (from_.action_case()) {
      case v1::Rule::kDeny:
        return deny();
      case v1::Rule::kRedirect:
        return redirect();
      case v1::Rule::kSetRequestHeader:
        return set_header(from_.set_request_header(), Side::request, "spec.set_request_header");
      case v1::Rule::kSetResponseHeader:
        return set_header(from_.set_response_header(), Side::response, "spec.set_response_header");
      case v1::Rule::kOverrideCache:
        rule_.action = compile_override(from_.override_cache());
        break;
      case v1::Rule::kAllow:
        rule_.action = AllowAction{};
        break;
      case v1::Rule::kRewrite:
        return rewrite();
      case v1::Rule::kChangeHeaders:
        return change_headers();
      case v1::Rule::kChoosePool:
        return choose_pool();
      case v1::Rule::kLimitRate:
        return limit_rate();
      case v1::Rule::kRequireSecret:
        return require_secret();
      case v1::Rule::kRespond:
        return respond();
      case v1::Rule::ACTION_NOT_SET:
        return Error("spec", "has no action");
    }
    return boost::system::in_place_value;
  }

  Result<rule::Template> text(const std::string& from, const std::string& field) {
    if (!http::is_value(from)) return Error(field, "contains a control character");
    auto parsed = rule::Template::parse(http::trim(from), groups_);
    if (!parsed) return Error(field, parsed.error().what);
    rule_.needs_place |= parsed->uses(rule::Variable::country) || parsed->uses(rule::Variable::asn);
    return parsed;
  }

  static Result<int> status(bool given, std::uint32_t value, int otherwise, std::uint32_t least,
                            std::uint32_t most, const std::string& field) {
    if (!given) return otherwise;
    if (value < least || value > most)
      return Error(field, "must be " + std::to_string(least) + " to " + std::to_string(most));
    return static_cast<int>(value);
  }

  Result<void> deny() {
    const auto code =
        status(from_.deny().has_status(), from_.deny().status(), 403, 400, 599, "spec.deny.status");
    if (!code) return code.error();
    rule_.action = DenyAction{*code};
    return boost::system::in_place_value;
  }

  Result<void> redirect() {
    const auto& redirect = from_.redirect();
    const auto code =
        status(redirect.has_status(), redirect.status(), 302, 301, 308, "spec.redirect.status");
    if (!code) return code.error();
    if (redirect.location().empty() || !http::is_value(redirect.location()))
      return Error("spec.redirect.location", "is empty or contains a control character");
    auto location = text(redirect.location(), "spec.redirect.location");
    if (!location) return location.error();
    rule_.action = RedirectAction{std::move(*location), *code};
    return boost::system::in_place_value;
  }

  Result<void> respond() {
    const auto& respond = from_.respond();
    const auto code =
        status(respond.has_status(), respond.status(), 200, 200, 599, "spec.respond.status");
    if (!code) return code.error();
    if (*code == 204 || *code == 205 || *code == 304)
      return Error("spec.respond.status", "has no body");
    if (!http::is_value(respond.content_type()))
      return Error("spec.respond.content_type", "contains a control character");
    rule_.action =
        RespondAction{.status = *code,
                      .content_type = respond.content_type().empty() ? "text/plain; charset=utf-8"
                                                                     : respond.content_type(),
                      .body = respond.body()};
    return boost::system::in_place_value;
  }

  Result<void> rewrite() {
    const auto& from = from_.rewrite();
    RewriteAction action{.path = {},
                         .strip_prefix = from.strip_prefix(),
                         .add_prefix = from.add_prefix(),
                         .query = std::nullopt};
    auto path = text(from.path(), "spec.rewrite.path");
    if (!path) return path.error();
    action.path = std::move(*path);
    for (const auto& prefix : {action.strip_prefix, action.add_prefix})
      if (!http::is_value(prefix)) return Error("spec.rewrite", "contains a control character");
    while (action.add_prefix.ends_with('/')) action.add_prefix.pop_back();
    if (from.has_query()) {
      auto query = text(from.query(), "spec.rewrite.query");
      if (!query) return query.error();
      action.query = std::move(*query);
    }
    rule_.action = std::move(action);
    return boost::system::in_place_value;
  }

  Result<HeaderChange> change(Kind kind, Side side, const std::string& name,
                              const std::string& value, const std::string& field) {
    if (!http::is_token(name)) return Error(field + ".name", "'" + name + "' is not a field name");
    if (is_reserved(name)) return Error(field + ".name", "'" + name + "' cannot be set");
    auto filled = text(value, field + ".value");
    if (!filled) return filled.error();
    return HeaderChange{.side = side, .kind = kind, .name = name, .value = std::move(*filled)};
  }

  Result<void> set_header(const v1::SetHeader& from, Side side, const std::string& field) {
    auto made = change(Kind::set, side, from.name(), from.value(), field);
    if (!made) return made.error();
    rule_.action = HeaderAction{{std::move(*made)}};
    return boost::system::in_place_value;
  }

  Result<void> change_headers() {
    const auto& from = from_.change_headers();
    HeaderAction action;
    Result<void> done = boost::system::in_place_value;
    const auto add = [&](Kind kind, Side side, const std::string& name, const std::string& value,
                         const char* field) {
      if (!done) return;
      auto made = change(kind, side, name, value, std::string("spec.change_headers.") + field);
      if (made)
        action.changes.push_back(std::move(*made));
      else
        done = made.error();
    };
    for (const auto& name : from.remove_request())
      add(Kind::remove, Side::request, name, "", "remove_request");
    for (const auto& one : from.set_request())
      add(Kind::set, Side::request, one.name(), one.value(), "set_request");
    for (const auto& one : from.add_request())
      add(Kind::add, Side::request, one.name(), one.value(), "add_request");
    for (const auto& name : from.remove_response())
      add(Kind::remove, Side::response, name, "", "remove_response");
    for (const auto& one : from.set_response())
      add(Kind::set, Side::response, one.name(), one.value(), "set_response");
    for (const auto& one : from.add_response())
      add(Kind::add, Side::response, one.name(), one.value(), "add_response");
    if (!done) return done.error();
    rule_.action = std::move(action);
    return boost::system::in_place_value;
  }

  Result<void> choose_pool() {
    const auto& name = from_.choose_pool().origin_pool();
    const auto pool = needs_.pools.find(name);
    if (pool == needs_.pools.end())
      return Error("spec.choose_pool.origin_pool", "there is no OriginPool '" + name + "'");
    rule_.action = ChoosePoolAction{.name = name, .pool = pool->second};
    return boost::system::in_place_value;
  }

  Result<void> limit_rate() {
    const auto& from = from_.limit_rate();
    auto pace = compile_pace(rule_.name, from);
    if (!pace) return Error("spec.limit_rate", pace.error().what);
    rule_.action = std::move(*pace);
    return boost::system::in_place_value;
  }

  Result<void> require_secret() {
    const auto& from = from_.require_secret();
    const std::string field = "spec.require_secret";
    if (!http::is_token(from.header()))
      return Error(field + ".header", "'" + from.header() + "' is not a field name");
    const auto code = status(from.has_status(), from.status(), 403, 400, 599, field + ".status");
    if (!code) return code.error();
    RequireAction action{.header = from.header(),
                         .values = {from.values().begin(), from.values().end()},
                         .status = *code};
    if (action.values.empty() || std::count(action.values.begin(), action.values.end(), "") > 0)
      return Error(field + ".values", "is missing");
    rule_.action = std::move(action);
    return boost::system::in_place_value;
  }

  const v1::Rule& from_;
  const RuleNeeds& needs_;
  Rule rule_;
  int groups_ = 0;
};

}  // namespace

Result<RulePtr> compile_rule(const std::string& name, const v1::Rule& from,
                             const RuleNeeds& needs) {
  return RuleCompiler(name, from, needs).compile();
}

}  // namespace meridian::edge
