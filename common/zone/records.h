#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "meridian/v1/config.pb.h"

/// DNS names and records from text to wire form, through ldns. Any thread.
namespace meridian::zone {

/// A domain name in wire form without compression (RFC 1035 section 3.1): length-prefixed labels
/// and the root's zero byte. Letter case as given.
using WireName = std::string;

/// "www.shop.example" or "www.shop.example."; escapes as in master files. At most 255 bytes.
Result<WireName> parse_name(std::string_view text);
/// `text` relative to `origin` unless it ends with a dot; "@" is the origin itself.
Result<WireName> parse_relative_name(std::string_view text, const WireName& origin);
std::string name_text(const WireName& name);
/// ASCII letters in lower case (RFC 4343). Length bytes are below 64, so bytewise is right.
WireName lower(WireName name);
/// `name` is `ancestor` or below it; letter case ignored.
bool is_within(const WireName& name, const WireName& ancestor);

struct Record {
  WireName owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::string rdata;  // wire form, names in it uncompressed
};

/// The type's number; "TYPE65280" form accepted (RFC 3597).
Result<std::uint16_t> parse_type(std::string_view mnemonic);
/// "MX"; "TYPE65280" where the type has no name.
std::string type_text(std::uint16_t type);

/// One record's data from its master-file form to wire form. No comment, no parentheses.
Result<std::string> parse_data(std::string_view data, std::uint16_t type, const WireName& origin);
/// And back, names whole with a dot at the end; `\# length hex` (RFC 3597) where parse_data() would
/// not make the same octets of anything else.
std::string data_text(std::uint16_t type, const std::string& rdata);
/// All records of a set. The Error's `where` is the field within the set ("data[1]").
Result<std::vector<Record>> parse_record_set(const v1::RecordSet& set, const WireName& origin,
                                             std::uint32_t default_ttl);

}  // namespace meridian::zone
