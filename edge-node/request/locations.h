#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "edge-node/http/fields.h"
#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {

/// Where a visitor believes to be.
struct AskedFor {
  std::string host;  // lower case, without a port
  bool tls = false;
  std::uint16_t https_port = 443;  // where visitors reach this node
};

/// `host`, in lower case and without a port, is that of one of the pool's origins, or what they
/// believe to be called.
bool names_origin(const OriginPool& pool, std::string_view host);

/// `Location` and `Content-Location` of an origin's answer that name an origin get the host that
/// was asked for; path and query stay. Pure.
void rewrite_locations(http::Fields& fields, const AskedFor& asked_for,
                       const std::function<bool(std::string_view host)>& is_origin);

/// Those of another edge's answer that lead to it, by HTTPS at its own `port`, lead to where
/// visitors reach this node. Pure.
void move_locations(http::Fields& fields, const AskedFor& asked_for, std::uint16_t port);

}  // namespace meridian::edge
