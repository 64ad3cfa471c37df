#include "common/zone/records.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <memory>
#include <span>

#include <ldns/ldns.h>

namespace meridian::zone {
namespace {

constexpr std::size_t kMostText = 65'000;       // of one record's data; bounds ldns's own work
constexpr std::uint32_t kMostTtl = 0x7fffffff;  // RFC 2181 section 8

struct Free {
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
  void operator()(ldns_rdf* field) const { ldns_rdf_deep_free(field); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Types that stand for something else than data of a zone (RFC 6895 section 3.1).
bool is_meta(unsigned type) { return type == 0 || type == 41 || (type >= 128 && type <= 255); }

/// What the data of the common types look like.
std::string_view expected_form(std::uint16_t type) {
  switch (type) {
    case LDNS_RR_TYPE_A:
      return "an IPv4 address such as 192.0.2.1";
    case LDNS_RR_TYPE_AAAA:
      return "an IPv6 address such as 2001:db8::1";
    case LDNS_RR_TYPE_CNAME:
    case LDNS_RR_TYPE_NS:
    case LDNS_RR_TYPE_PTR:
    case LDNS_RR_TYPE_DNAME:
      return "one name, with a dot at the end unless inside the zone";
    case LDNS_RR_TYPE_MX:
      return "a preference and a host such as `10 mail`";
    case LDNS_RR_TYPE_TXT:
      return "text in double quotes, at most 255 characters each";
    case LDNS_RR_TYPE_SRV:
      return "priority, weight, port and host such as `0 5 5060 sip`";
    case LDNS_RR_TYPE_CAA:
      return "flags, tag and value such as `0 issue \"ca.example\"`";
    default:
      return "its master-file form, or `\\# length hex` (RFC 3597)";
  }
}

Error data_error(std::string_view data, std::uint16_t type, std::string_view why) {
  const auto shown = data.substr(0, 80);
  return Error("'" + std::string(shown) + (shown.size() < data.size() ? "...'" : "'") +
               " is not the data of a record of type " + type_text(type) + ": " + std::string(why) +
               "; expected " + std::string(expected_form(type)));
}

/// The blank-separated words of one record's data; quoted ones keep their quotes. An Error for
/// what a master file could hold but one record's data cannot: comments, parentheses, line ends.
Result<std::vector<std::string_view>> split(std::string_view data) {
  std::vector<std::string_view> words;
  bool quoted = false;
  std::size_t begin = std::string_view::npos;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const char c = data[i];
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f)
      return Error("it has a control character or line end in it");
    if (!quoted && (c == ' ' || c == '\t')) {
      if (begin != std::string_view::npos) words.push_back(data.substr(begin, i - begin));
      begin = std::string_view::npos;
      continue;
    }
    if (begin == std::string_view::npos) begin = i;
    if (c == '\\' && ++i == data.size()) return Error("it ends in a lone backslash");
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ';' || c == '(' || c == ')'))
      return Error("`;` and parentheses must stand in double quotes");
  }
  if (quoted) return Error("a double quote is not closed");
  if (begin != std::string_view::npos) words.push_back(data.substr(begin));
  if (words.empty()) return Error("it is empty");
  return words;
}

/// ldns cuts numbers that are too large for their field; a person wants to know.
Result<void> check_numbers(const std::vector<std::string_view>& words, std::uint16_t type) {
  const auto* form = ldns_rr_descript(type);
  const auto fields = std::min(ldns_rr_descriptor_maximum(form), words.size());
  for (std::size_t i = 0; i < fields; ++i) {
    std::uint64_t most = 0;
    switch (ldns_rr_descriptor_field_type(form, i)) {
      case LDNS_RDF_TYPE_INT8:
        most = 0xff;
        break;
      case LDNS_RDF_TYPE_INT16:
        most = 0xffff;
        break;
      case LDNS_RDF_TYPE_INT32:
        most = 0xffffffff;
        break;
      default:
        continue;
    }
    std::uint64_t value = 0;
    const auto* end = words[i].data() + words[i].size();
    const auto read = std::from_chars(words[i].data(), end, value);
    if (read.ec != std::errc{} || read.ptr != end || value > most)
      return Error("'" + std::string(words[i].substr(0, 40)) + "' is not a number from 0 to " +
                   std::to_string(most));
  }
  return {};
}

/// The form for any type: `\# length hex` (RFC 3597 section 5). ldns reads no number as 0, and
/// takes
/// `\#` for the form wherever it stands.
Result<void> check_unknown_form(const std::vector<std::string_view>& words) {
  if (words.front() != "\\#") return Error("`\\#` stands first and alone, or in double quotes");
  std::size_t octets = 0;
  const auto length = words.size() < 2 ? std::string_view() : words[1];
  const auto* end = length.data() + length.size();
  const auto read = std::from_chars(length.data(), end, octets);
  if (length.empty() || read.ec != std::errc{} || read.ptr != end || octets > 0xffff)
    return Error("`\\#` is not followed by a number of octets from 0 to 65535");
  std::size_t digits = 0;
  for (const auto word : std::span(words).subspan(2)) {
    if (word.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
      return Error("'" + std::string(word.substr(0, 40)) + "' is not hexadecimal");
    digits += word.size();
  }
  if (digits != 2 * octets)
    return Error("`\\#` announces " + std::to_string(octets) + " octets, and " +
                 std::to_string(digits) + " hexadecimal digits follow");
  return {};
}

/// Of some texts ldns makes data that it cannot read itself, such as a hash cut short.
bool is_whole(const std::string& rdata, std::uint16_t type) {
  const std::string wire =
      std::string{static_cast<char>(rdata.size() >> 8), static_cast<char>(rdata.size())} + rdata;
  const Owned<ldns_rr> record(ldns_rr_new());
  if (!record) return false;
  ldns_rr_set_type(record.get(), static_cast<ldns_rr_type>(type));
  std::size_t at = 0;
  const auto status = ldns_wire2rdf(
      record.get(), reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size(), &at);
  return status == LDNS_STATUS_OK && at == wire.size();
}

/// The data in wire form, by ldns.
Result<std::string> to_wire(std::string_view data, std::uint16_t type, ldns_rdf* origin) {
  const auto line = ". 0 IN TYPE" + std::to_string(type) + " " + std::string(data);
  ldns_rr* parsed = nullptr;
  auto status = ldns_rr_new_frm_str(&parsed, line.c_str(), 0, origin, nullptr);
  const Owned<ldns_rr> record(parsed);
  if (status != LDNS_STATUS_OK || !record)
    return Error(status == LDNS_STATUS_OK ? "no record" : ldns_get_errorstr_by_id(status));
  const Owned<ldns_buffer> wire(ldns_buffer_new(512));
  status = ldns_rr_rdata2buffer_wire(wire.get(), record.get());
  if (status != LDNS_STATUS_OK) return Error(ldns_get_errorstr_by_id(status));
  const auto size = ldns_buffer_position(wire.get());
  if (size > std::numeric_limits<std::uint16_t>::max()) return Error("it is too long");
  std::string rdata(reinterpret_cast<const char*>(ldns_buffer_begin(wire.get())), size);
  if (!is_whole(rdata, type)) return Error("a field of it is cut short");
  return rdata;
}

Result<std::string> parse_words(std::string_view data, std::uint16_t type, ldns_rdf* origin) {
  if (data.size() > kMostText) return data_error(data, type, "it is longer than 65000 characters");
  const auto words = split(data);
  if (!words) return data_error(data, type, words.error().what);
  const bool unknown =
      std::any_of(words->begin(), words->end(), [](auto word) { return word.starts_with("\\#"); });
  const auto checked = unknown ? check_unknown_form(*words) : check_numbers(*words, type);
  if (!checked) return data_error(data, type, checked.error().what);
  auto wire = to_wire(data, type, origin);
  if (!wire) return data_error(data, type, wire.error().what);
  return wire;
}

Result<std::uint32_t> set_ttl(const v1::RecordSet& set, std::uint32_t default_ttl) {
  if (!set.has_ttl()) return default_ttl;
  const auto seconds = set.ttl().seconds();
  if (seconds < 0 || seconds > kMostTtl || set.ttl().nanos() != 0)
    return Error("ttl",
                 "is not a whole number of seconds from 0s to " + std::to_string(kMostTtl) + "s");
  return static_cast<std::uint32_t>(seconds);
}

/// Whether a set of this type may stand at this owner.
Result<void> check_place(std::uint16_t type, const WireName& owner, const WireName& origin) {
  if (!is_within(owner, origin))
    return Error("name", "'" + name_text(owner) + "' is outside the zone " + name_text(origin));
  const bool apex = lower(owner) == lower(origin);
  if (type == LDNS_RR_TYPE_SOA)
    return Error("type", "the SOA is made from the zone's own fields and must not be a record");
  if (type == LDNS_RR_TYPE_NS && apex)
    return Error("type",
                 "the NS records at @ are made from the zone's `nameservers` and must not be "
                 "repeated");
  if (type == LDNS_RR_TYPE_CNAME && apex)
    return Error("type",
                 "a CNAME cannot stand at @, beside the zone's SOA (RFC 1034 section 3.6.2)");
  return {};
}

Owned<ldns_rdf> ldns_name(const WireName& name) {
  return Owned<ldns_rdf>(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.size(), name.data()));
}

/// As ldns prints it; empty: it cannot.
std::string ldns_text(std::uint16_t type, const std::string& rdata) {
  std::string wire(1, '\0');  // the root owns it
  for (const unsigned field : {unsigned{type}, 1u, 0u, 0u, static_cast<unsigned>(rdata.size())}) {
    wire += static_cast<char>(field >> 8);
    wire += static_cast<char>(field);
  }
  wire += rdata;
  ldns_rr* read = nullptr;
  std::size_t position = 0;
  const auto status = ldns_wire2rr(&read, reinterpret_cast<const std::uint8_t*>(wire.data()),
                                   wire.size(), &position, LDNS_SECTION_ANSWER);
  const Owned<ldns_rr> record(read);
  if (status != LDNS_STATUS_OK || !record) return {};
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
    const std::unique_ptr<char, decltype(&std::free)> field(
        ldns_rdf2str(ldns_rr_rdf(record.get(), i)), &std::free);
    if (!field) return {};
    if (i > 0) text += ' ';
    text += field.get();
  }
  return text;
}

std::string hex_text(const std::string& rdata) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  auto text = "\\# " + std::to_string(rdata.size());
  if (!rdata.empty()) text += ' ';
  for (const char c : rdata) {
    const auto octet = static_cast<unsigned char>(c);
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

}  // namespace

std::string type_text(std::uint16_t type) {
  const std::unique_ptr<char, decltype(&std::free)> text(
      ldns_rr_type2str(static_cast<ldns_rr_type>(type)), &std::free);
  return text ? text.get() : "TYPE" + std::to_string(type);
}

Result<std::string> parse_data(std::string_view data, std::uint16_t type, const WireName& origin) {
  return parse_words(data, type, ldns_name(origin).get());
}

std::string data_text(std::uint16_t type, const std::string& rdata) {
  auto text = ldns_text(type, rdata);
  const auto again = parse_data(text, type, WireName(1, '\0'));
  return again && *again == rdata ? text : hex_text(rdata);
}

Result<std::uint16_t> parse_type(std::string_view mnemonic) {
  // Longer than any mnemonic, and ldns reads C strings.
  if (mnemonic.empty() || mnemonic.size() > 16 || mnemonic.find('\0') != std::string_view::npos)
    return Error("'" + std::string(mnemonic.substr(0, 40)) + "' is not a record type");
  std::string upper(mnemonic);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  });
  unsigned type = 0;
  if (upper.starts_with("TYPE")) {
    const auto* end = upper.data() + upper.size();
    const auto read = std::from_chars(upper.data() + 4, end, type);
    if (read.ec != std::errc{} || read.ptr != end || type > 0xffff) type = 0;
  } else {
    type = ldns_get_rr_type_by_name(upper.c_str());
  }
  if (type == 0)
    return Error("'" + upper +
                 "' is not a record type; types without a name are written TYPE65280");
  if (is_meta(type)) return Error("'" + upper + "' is not a type of records in a zone");
  return static_cast<std::uint16_t>(type);
}

Result<std::vector<Record>> parse_record_set(const v1::RecordSet& set, const WireName& origin,
                                             std::uint32_t default_ttl) {
  const auto owner = parse_relative_name(set.name(), origin);
  if (!owner) return at("name", owner.error());
  const auto type = parse_type(set.type());
  if (!type) return at("type", type.error());
  if (auto place = check_place(*type, *owner, origin); !place) return place.error();
  const auto ttl = set_ttl(set, default_ttl);
  if (!ttl) return ttl.error();
  if (set.data().empty()) return Error("data", "is empty: a record needs data");
  const bool only_one = *type == LDNS_RR_TYPE_CNAME || *type == LDNS_RR_TYPE_DNAME;
  if (only_one && set.data_size() > 1)
    return Error("data[1]", "a name has at most one " + type_text(*type) + " record");

  const auto ldns_origin = ldns_name(origin);
  std::vector<Record> records;
  for (int i = 0; i < set.data_size(); ++i) {
    const auto place = "data[" + std::to_string(i) + "]";
    auto rdata = parse_words(set.data(i), *type, ldns_origin.get());
    if (!rdata) return at(place, rdata.error());
    for (std::size_t j = 0; j < records.size(); ++j) {
      if (records[j].rdata == *rdata)
        return Error(place, "repeats data[" + std::to_string(j) + "]");
    }
    records.push_back({*owner, *type, *ttl, std::move(*rdata)});
  }
  return records;
}

}  // namespace meridian::zone
