#include "edge-node/compile/compile_rule.h"

#include <utility>

#include "edge-node/compile/compile_cache.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// Fields by which messages are framed and connections kept are not for rules to set.
bool is_reserved(std::string_view name) {
  for (const std::string_view reserved :
       {"connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade"})
    if (http::same_word(name, reserved)) return true;
  return false;
}

/// `field`: where it stands, for errors.
Result<HeaderAction> compile_header(const v1::SetHeader& from, HeaderAction::Side side,
                                    const std::string& field) {
  if (!http::is_token(from.name()))
    return Error(field + ".name", "'" + from.name() + "' is not a field name");
  if (is_reserved(from.name()))
    return Error(field + ".name", "'" + from.name() + "' cannot be set");
  if (!http::is_value(from.value())) return Error(field + ".value", "contains a control character");
  return HeaderAction{side, from.name(), std::string(http::trim(from.value()))};
}

}  // namespace

Result<Rule> compile_rule(const v1::Rule& from) {
  Rule rule;
  rule.paths = {from.match().paths().begin(), from.match().paths().end()};
  rule.methods = {from.match().methods().begin(), from.match().methods().end()};
  for (const auto& text : from.match().client_prefixes()) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return at("spec.match.client_prefixes", prefix.error());
    rule.client_prefixes.push_back(*prefix);
  }
  if (from.has_deny()) {
    const auto status = from.deny().has_status() ? from.deny().status() : 403u;
    if (status < 400 || status > 599) return Error("spec.deny.status", "must be 400 to 599");
    rule.action = DenyAction{static_cast<int>(status)};
  } else if (from.has_redirect()) {
    const auto status = from.redirect().has_status() ? from.redirect().status() : 302u;
    if (status < 301 || status > 308) return Error("spec.redirect.status", "must be 301 to 308");
    if (from.redirect().location().empty() || !http::is_value(from.redirect().location()))
      return Error("spec.redirect.location", "is empty or contains a control character");
    rule.action = RedirectAction{from.redirect().location(), static_cast<int>(status)};
  } else if (from.has_set_request_header() || from.has_set_response_header()) {
    const bool request = from.has_set_request_header();
    auto header =
        compile_header(request ? from.set_request_header() : from.set_response_header(),
                       request ? HeaderAction::Side::request : HeaderAction::Side::response,
                       request ? "spec.set_request_header" : "spec.set_response_header");
    if (!header) return header.error();
    rule.action = std::move(*header);
  } else if (from.has_override_cache()) {
    rule.action = compile_override(from.override_cache());
  } else {
    return Error("spec", "has no action");
  }
  return rule;
}

}  // namespace meridian::edge
