#include "common/zone/service.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/wire/wire_reader.h"

namespace meridian::zone {
namespace {

// RFC 9460 section 14.3.2.
enum Key : std::uint16_t {
  kMandatory = 0,
  kAlpn = 1,
  kNoDefaultAlpn = 2,
  kPort = 3,
  kIpv4Hint = 4,
  kIpv6Hint = 6,
};

using Octets = std::span<const std::uint8_t>;

struct Parameter {
  std::uint16_t key = 0;
  Octets value;
};

bool has(const std::vector<Parameter>& all, std::uint16_t key) {
  return std::any_of(all.begin(), all.end(),
                     [key](const Parameter& one) { return one.key == key; });
}

/// Keys in ascending order, none twice, none the key `mandatory` itself, all of them there.
bool is_mandatory_list(Octets value, const std::vector<Parameter>& all) {
  WireReader keys(value);
  std::uint16_t last = kMandatory;
  while (keys.remaining() > 0) {
    const auto key = keys.u16();
    if (!keys.ok() || key <= last || !has(all, key)) return false;
    last = key;
  }
  return !value.empty();
}

bool is_protocol_list(Octets value) {
  WireReader protocols(value);
  while (protocols.remaining() > 0) {
    if (protocols.bytes(protocols.u8()).empty()) return false;  // none there, or without a name
  }
  return !value.empty();
}

bool is_list_of(Octets value, std::size_t octets) {
  return !value.empty() && value.size() % octets == 0;
}

std::optional<std::string> value_problem(const Parameter& one, const std::vector<Parameter>& all) {
  const bool right = [&] {
    switch (one.key) {
      case kMandatory:
        return is_mandatory_list(one.value, all);
      case kAlpn:
        return is_protocol_list(one.value);
      case kNoDefaultAlpn:
        return one.value.empty();
      case kPort:
        return one.value.size() == 2;
      case kIpv4Hint:
        return is_list_of(one.value, 4);
      case kIpv6Hint:
        return is_list_of(one.value, 16);
      default:
        return true;
    }
  }();
  if (right) return {};
  if (one.key == kMandatory)
    return "`mandatory` must name parameters of this record, each once, not itself";
  return "the value of key" + std::to_string(one.key) + " is malformed";
}

/// False: no name without compression ends where the parameters begin.
bool skip_name(WireReader& reader) {
  for (std::size_t octets = 1; octets <= 255;) {
    const auto length = reader.u8();
    if (!reader.ok() || length > 63) return false;
    if (length == 0) return true;
    (void)reader.bytes(length);
    octets += length + std::size_t{1};
  }
  return false;
}

}  // namespace

std::optional<std::string> service_problem(std::string_view rdata) {
  WireReader reader({reinterpret_cast<const std::uint8_t*>(rdata.data()), rdata.size()});
  (void)reader.u16();  // priority
  if (!skip_name(reader)) return "it has no target name";
  std::vector<Parameter> all;
  while (reader.remaining() > 0) {
    Parameter one;
    one.key = reader.u16();
    one.value = reader.bytes(reader.u16());
    if (!reader.ok()) return "its parameters end too early";
    if (!all.empty() && one.key <= all.back().key)
      return "its parameters are not in the order of their keys, each once";
    all.push_back(one);
  }
  for (const auto& one : all) {
    if (auto problem = value_problem(one, all)) return problem;
  }
  if (has(all, kNoDefaultAlpn) && !has(all, kAlpn)) return "`no-default-alpn` needs `alpn`";
  return {};
}

}  // namespace meridian::zone
