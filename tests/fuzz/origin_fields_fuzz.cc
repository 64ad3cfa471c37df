// Cookies of visitors and locations of origins, one line each. What is taken out is gone, what is
// beside it stays; a location that was rewritten leads to the host that was asked for only.
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "edge-node/origin/sticky.h"
#include "edge-node/request/locations.h"

namespace {

using namespace meridian;
using meridian::fuzz::require;

void check_cookies(std::string_view cookies) {
  const std::string rest = edge::without_cookie(cookies, "lb");
  require(!edge::cookie_value(rest, "lb"));
  for (const std::string_view other : {"a", "b", "lbx"})
    require(edge::cookie_value(rest, other) == edge::cookie_value(cookies, other));
}

void check_location(std::string_view location, bool tls) {
  if (location.empty()) return;
  http::Fields fields;
  fields.add("Location", location);
  const edge::AskedFor asked_for{.host = "www.shop.example", .tls = tls, .https_port = 443};
  const auto is_origin = [](std::string_view host) { return host == "origin.example"; };
  edge::rewrite_locations(fields, asked_for, is_origin);
  const std::string once(fields.find("location").value_or(""));
  if (once == location) return;
  const bool leads_here = once.starts_with("https://www.shop.example/") ||
                          (!tls && once.starts_with('/') && !once.starts_with("//"));
  require(leads_here);
  edge::rewrite_locations(fields, asked_for, is_origin);
  require(fields.find("location") == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto end = bytes.find('\n');
  check_cookies(bytes.substr(0, end));
  if (end == std::string_view::npos) return 0;
  check_location(bytes.substr(end + 1), true);
  check_location(bytes.substr(end + 1), false);
  return 0;
}
