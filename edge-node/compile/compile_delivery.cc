#include "edge-node/compile/compile_delivery.h"

#include <functional>

#include "edge-node/compile/duration.h"
#include "edge-node/http/token.h"

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

Compression compression_of(const v1::Compression& from) {
  Compression compression{.codings = {Coding::zstd, Coding::br, Coding::gzip},
                          .types = default_types(),
                          .except_paths = {from.except_paths().begin(), from.except_paths().end()}};
  if (!from.codings().empty()) {
    compression.codings.clear();
    for (const auto& name : from.codings())
      if (const auto coding = parse_coding(name); coding && *coding != Coding::identity)
        compression.codings.push_back(*coding);
  }
  if (!from.types().empty()) {
    compression.types.clear();
    for (const auto& type : from.types()) compression.types.push_back(http::lower_text(type));
  }
  if (from.has_min_bytes()) compression.min_bytes = from.min_bytes();
  return compression;
}

std::uint64_t hash_of(const Delivery& delivery) {
  return std::hash<std::string>()(delivery.hsts + (delivery.forwarding.via ? "1" : "0") +
                                  (delivery.server_timing ? "1" : "0"));
}

}  // namespace

Delivery compile_delivery(const v1::Site& from, const v1::EdgeSettings& settings) {
  Delivery delivery;
  delivery.redirect_to_https = from.redirect_to_https();
  if (from.has_hsts()) delivery.hsts = hsts_value(from.hsts());
  delivery.forwarding = forwarding_of(from.forwarded());
  delivery.server_timing = settings.server_timing();
  delivery.stamp = hash_of(delivery);
  if (from.has_compression()) delivery.compression = compression_of(from.compression());
  return delivery;
}

}  // namespace meridian::edge
