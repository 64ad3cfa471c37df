#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/net/address.h"
#include "geoip-data/database/place.h"

namespace meridian {

/// One line of a list of autonomous systems: `FIRST,LAST,NUMBER,NAME`, addresses as text.
struct AsnLine {
  IpAddress first;
  IpAddress last;
  std::uint32_t asn = 0;
  std::string_view name;  // sees the line
};

/// Reads one line, without its end. Pure.
Result<AsnLine> parse_asn_line(std::string_view line);

/// Reads a whole list: lines in the order of where they begin, IPv4 before IPv6. Of lines that
/// overlap, as real lists have them, the one that begins last decides. The Error names the line.
/// Pure.
Result<Layer> read_asn_list(std::string_view text);

/// The line that holds `address`, by a binary search over the text of a list that read_asn_list()
/// takes; nothing if there is none. Pure.
std::optional<AsnLine> find_asn(std::string_view text, const IpAddress& address);

}  // namespace meridian
