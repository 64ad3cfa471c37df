#include "edge-node/request/peer.h"

#include <charconv>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// What rules may say of the cache, by the names that it has between edges.
struct NamedTime {
  std::string_view name;
  std::optional<std::chrono::seconds> CacheOverride::*time;
};
constexpr NamedTime kTimes[] = {{"ttl", &CacheOverride::ttl},
                                {"stale-while-revalidate", &CacheOverride::stale_while_revalidate},
                                {"stale-if-error", &CacheOverride::stale_if_error}};

/// Of the time of that name. False: it is malformed. Another name is passed over.
bool parse_time(std::string_view name, std::string_view value, CacheOverride& cache) {
  constexpr std::uint64_t kMostSeconds = 1ull << 31;
  for (const auto& named : kTimes) {
    if (name != named.name) continue;
    const auto number = parse_number(value);
    if (!number || *number > kMostSeconds) return false;
    cache.*named.time = std::chrono::seconds(*number);
  }
  return true;
}

}  // namespace

std::string write_peer_request(const PeerRequest& request) {
  std::string text = "purges=" + std::to_string(request.purges);
  text += request.tls ? ";scheme=https" : ";scheme=http";
  text += ";client=" + request.client.text();
  if (!request.sticky.empty()) text += ";sticky=" + request.sticky;
  for (const auto& named : kTimes)
    if (const auto time = request.cache.*named.time)
      text += ';' + std::string(named.name) + '=' + std::to_string(time->count());
  return text;
}

std::optional<PeerRequest> parse_peer_request(std::string_view text) {
  PeerRequest request;
  bool has_purges = false, has_scheme = false, has_client = false;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    const auto part = http::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = part.substr(0, equals);
    const auto value = part.substr(equals + 1);
    if (name == "purges") {
      const auto number = parse_number(value);
      if (!number) return std::nullopt;
      request.purges = *number;
      has_purges = true;
    } else if (name == "scheme") {
      if (value != "https" && value != "http") return std::nullopt;
      request.tls = value == "https";
      has_scheme = true;
    } else if (name == "client") {
      const auto client = parse_address(value);
      if (!client) return std::nullopt;
      request.client = *client;
      has_client = true;
    } else if (name == "sticky") {
      request.sticky = value;
    } else if (!parse_time(name, value, request.cache)) {
      return std::nullopt;
    }
  }
  if (!has_purges || !has_scheme || !has_client) return std::nullopt;
  return request;
}

}  // namespace meridian::edge
