// Lines of Cache-Control and CDN-Cache-Control of requests and responses. Numbers stay within their
// bounds, a directive in front counts whatever follows, and lines are one list.
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "edge-node/policy/directives.h"
#include "edge-node/policy/freshness.h"
#include "edge-node/policy/targeted.h"

namespace {

using namespace meridian;
using namespace meridian::edge;
using meridian::fuzz::require;
using std::chrono::seconds;
using Number = std::optional<seconds>;

void check_number(const Number& number) {
  require(!number || (*number >= seconds(0) && number->count() <= std::int64_t{1} << 31));
}

bool same(const ResponseDirectives& a, const ResponseDirectives& b) {
  return a.targeted == b.targeted && a.no_store == b.no_store && a.no_cache == b.no_cache &&
         a.is_private == b.is_private && a.is_public == b.is_public &&
         a.must_revalidate == b.must_revalidate && a.proxy_revalidate == b.proxy_revalidate &&
         a.must_understand == b.must_understand && a.no_transform == b.no_transform &&
         a.max_age == b.max_age && a.s_maxage == b.s_maxage &&
         a.stale_while_revalidate == b.stale_while_revalidate &&
         a.stale_if_error == b.stale_if_error && a.unstored_fields == b.unstored_fields;
}

void check_response(std::string_view name, std::string_view line, std::string_view next) {
  http::Fields fields;
  fields.add(name, line);
  if (!next.empty()) fields.add(name, next);
  const auto said = parse_response_directives(fields);
  for (const auto& number :
       {said.max_age, said.s_maxage, said.stale_while_revalidate, said.stale_if_error})
    check_number(number);
  const WallTime now{std::chrono::hours(500'000)};
  const CachePolicy policy;
  for (const int status : {200, 302}) {
    const auto freshness = make_freshness(status, fields, said, policy, {now, now});
    require(freshness.lifetime >= seconds(0) && freshness.lifetime <= policy.max_ttl);
    if (said.no_cache) require(judge(freshness, {}, now).use == Use::stale);
  }
  if (name != "Cache-Control") return;
  http::Fields forbidden;
  forbidden.add(name, "no-store, " + std::string(line));
  require(parse_response_directives(forbidden).no_store);
  // A quoted string does not reach from one line into the next.
  if (line.find('"') != std::string_view::npos) return;
  http::Fields together;
  together.add(name, std::string(line) + ',' + std::string(next));
  require(same(parse_response_directives(together), said));
}

void check_request(std::string_view line) {
  http::Fields fields;
  fields.add("Cache-Control", line);
  const auto asked = parse_request_directives(fields);
  for (const auto& number : {asked.max_age, asked.min_fresh, asked.max_stale, asked.stale_if_error})
    check_number(number);
}

void check_members(std::string_view line) {
  const auto members = parse_targeted(line);
  if (!members) return;
  std::string again;
  for (const auto& member : *members) {
    require(!member.key.empty());
    if (!again.empty()) again += ", ";
    again += member.key;
    if (member.number) again += '=' + std::to_string(*member.number);
    if (!member.number && !member.is_true) again += "=?0";
  }
  const auto reread = parse_targeted(again);
  require(reread && reread->size() == members->size());
  for (std::size_t i = 0; i < members->size(); ++i) {
    require((*reread)[i].key == (*members)[i].key);
    require((*reread)[i].number == (*members)[i].number);
    require((*reread)[i].is_true == (*members)[i].is_true);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto end = bytes.find('\n');
  const auto line = bytes.substr(0, end);
  const auto next = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
  check_response("Cache-Control", line, next);
  check_response("CDN-Cache-Control", line, next);
  check_request(line);
  check_members(line);
  return 0;
}
