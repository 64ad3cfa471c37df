#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/address.h"
#include "edge-node/policy/settings.h"

namespace meridian::edge {

/// The field in which the edges of a fleet speak to each other. Believed on connections where both
/// have proven to be edges; to and from everybody else it is removed.
inline constexpr std::string_view kPeerField = "Meridian-Peer";

/// What an edge tells the shield of a request that it has from a visitor.
struct PeerRequest {
  std::uint64_t purges = 0;  // that the answer must count: all up to this one
  bool tls = false;          // the visitor came by TLS
  IpAddress client;          // the visitor
  std::string sticky;        // the value of its sticky cookie; empty: it has none
  CacheOverride cache{};     // what rules have said, but for `bypass`: such requests do not come
};
std::string write_peer_request(const PeerRequest& request);
/// No value: it is malformed. What a later version adds is passed over.
std::optional<PeerRequest> parse_peer_request(std::string_view text);

/// What the shield answers in that field: that it can say nothing, and the origins should be asked
/// without it ...
inline constexpr std::string_view kPeerRefuses = "refused";
/// ... or that there is no answer, and this status in place of one ...
inline constexpr std::string_view kPeerFails = "failed";
/// ... or a Set-Cookie for the visitor alone, which no cache may keep.
inline constexpr std::string_view kPeerCookie = "cookie=";

}  // namespace meridian::edge
