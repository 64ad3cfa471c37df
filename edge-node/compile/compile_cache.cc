#include "edge-node/compile/compile_cache.h"

#include "edge-node/compile/duration.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

using std::chrono::seconds;

seconds seconds_of(const google::protobuf::Duration& duration) {
  return std::chrono::floor<seconds>(milliseconds_of(duration));
}

template <class Names>
std::vector<std::string> strings(const Names& names) {
  return {names.begin(), names.end()};
}

}  // namespace

CachePolicy compile_cache(const v1::CachePolicy& from) {
  CachePolicy policy;
  if (from.has_default_ttl()) policy.default_ttl = seconds_of(from.default_ttl());
  if (from.has_max_ttl()) policy.max_ttl = seconds_of(from.max_ttl());
  if (from.has_max_object_bytes()) policy.max_object_bytes = from.max_object_bytes();
  if (from.has_stale_while_revalidate())
    policy.stale_while_revalidate = seconds_of(from.stale_while_revalidate());
  if (from.has_stale_if_error()) policy.stale_if_error = seconds_of(from.stale_if_error());
  if (from.has_max_stale()) policy.max_stale = seconds_of(from.max_stale());
  for (const auto& one : from.status_ttls())
    for (const auto status : one.statuses())
      policy.status_ttls.push_back({static_cast<int>(status), seconds_of(one.ttl())});
  policy.ignore_query = from.ignore_query();
  policy.ignore_query_parameters = strings(from.ignore_query_parameters());
  policy.keep_query_parameters = strings(from.keep_query_parameters());
  for (const auto& name : from.key_headers()) policy.key_headers.push_back(http::lower_text(name));
  policy.key_cookies = strings(from.key_cookies());
  policy.bypass_cookies = strings(from.bypass_cookies());
  return policy;
}

CacheOverride compile_override(const v1::CacheOverride& from) {
  CacheOverride result;
  result.bypass = from.bypass();
  if (from.has_ttl()) result.ttl = seconds_of(from.ttl());
  if (from.has_stale_while_revalidate())
    result.stale_while_revalidate = seconds_of(from.stale_while_revalidate());
  if (from.has_stale_if_error()) result.stale_if_error = seconds_of(from.stale_if_error());
  return result;
}

}  // namespace meridian::edge
