// Locations, and the nodes that stand there.
#include <cmath>

#include "common/net/address.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

void coordinate(Check& check, const std::string& field, bool present, double degrees, double most) {
  if (!present) return check.wrong(field, "is missing");
  if (!(std::abs(degrees) <= most)) {  // also NaN
    const auto limit = std::to_string(static_cast<int>(most));
    check.wrong(field, "is not from -" + limit + " to " + limit + " degrees");
  }
}

void service_address(Check& check, const std::string& field, const std::string& text) {
  const auto address = parse_address(text);
  if (!address) return check.wrong(field, address.error().what);
  const auto bytes = address->bytes();
  const bool multicast = address->is_v4() ? bytes[0] >= 224 : bytes[0] == 0xff;
  const bool unspecified =
      *address == parse_address("0.0.0.0").value() || *address == parse_address("::").value();
  if (multicast || unspecified)
    check.wrong(field, in_quotes(text) + " is not an address that visitors can reach");
}

void check_capacity(Check& check, const v1::EdgeCapacity& capacity) {
  if (!(capacity.cpu() >= 0 && capacity.cpu() <= 1))
    check.wrong("spec.capacity.cpu", "is not a share from 0 to 1 (0.9 is 90 %)");
  else if (capacity.requests_in_flight() == 0 && capacity.bits_per_second() == 0 &&
           capacity.cpu() == 0)
    check.wrong("spec.capacity", "bounds nothing: give requests_in_flight, bits_per_second or cpu");
}

}  // namespace

void check_location(Check& check, const v1::Location& location) {
  coordinate(check, "spec.latitude", location.has_latitude(), location.latitude(), 90);
  coordinate(check, "spec.longitude", location.has_longitude(), location.longitude(), 180);
}

void check_node(Check& check, const v1::Node& node) {
  if (node.role() != v1::ROLE_DNS && node.role() != v1::ROLE_EDGE)
    check.wrong("spec.role", "must be dns or edge");
  check.reference("spec.location", v1::KIND_LOCATION, node.location());
  for (int i = 0; i < node.addresses_size(); ++i) {
    service_address(check, Check::item("spec.addresses", i), node.addresses(i));
    check.repeated("spec.addresses", node.addresses(), i);
  }
  if (node.has_https_port()) check.port("spec.https_port", node.https_port());
  if (node.has_http_port()) check.port("spec.http_port", node.http_port());

  if (node.has_capacity()) check_capacity(check, node.capacity());

  if (node.role() == v1::ROLE_EDGE) {
    if (node.addresses().empty())
      check.wrong("spec.addresses", "is missing: an edge needs an address for visitors");
    const auto https = node.has_https_port() ? node.https_port() : 443;
    const auto http = node.has_http_port() ? node.http_port() : 80;
    if (https == http)
      check.wrong("spec.http_port", "is the same as https_port: " + std::to_string(http));
  } else if (node.role() == v1::ROLE_DNS) {
    if (node.has_https_port()) check.wrong("spec.https_port", "is for edges only");
    if (node.has_http_port()) check.wrong("spec.http_port", "is for edges only");
    if (node.has_capacity()) check.wrong("spec.capacity", "is for edges only");
  }
}

}  // namespace meridian::control
