#include "edge-node/compile/compile_delivery.h"

#include "edge-node/compile/duration.h"

namespace meridian::edge {
namespace {

constexpr std::chrono::hours kDefaultMaxAge{8760};

/// RFC 6797 section 6.1.
std::string hsts_value(const v1::Hsts& from) {
  const std::chrono::seconds max_age =
      from.has_max_age() ? std::chrono::floor<std::chrono::seconds>(milliseconds_of(from.max_age()))
                         : kDefaultMaxAge;
  auto value = "max-age=" + std::to_string(max_age.count());
  if (from.include_subdomains()) value += "; includeSubDomains";
  if (from.preload()) value += "; preload";
  return value;
}

Forwarding forwarding_of(const v1::ForwardedFields& from) {
  return {.x_forwarded = !from.has_x_forwarded() || from.x_forwarded(),
          .forwarded = from.forwarded(),
          .via = !from.has_via() || from.via(),
          .keep_received = from.keep_received()};
}

}  // namespace

Delivery compile_delivery(const v1::Site& from) {
  Delivery delivery;
  delivery.redirect_to_https = from.redirect_to_https();
  if (from.has_hsts()) delivery.hsts = hsts_value(from.hsts());
  delivery.forwarding = forwarding_of(from.forwarded());
  return delivery;
}

}  // namespace meridian::edge
