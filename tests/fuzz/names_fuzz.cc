// Any octets as a name of a packet, and as the text of one: both are read as RFC 1035 has it, and
// what was read survives being written.
#include <string>
#include <vector>

#include "common/zone/records.h"
#include "dns-steer/zone/name.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using fuzz::require;

/// The labels of a name in wire form that begins `wire`, or none if it is none (RFC 1035 section
/// 2.3.4, without compression).
bool labels_of(std::string_view wire, std::vector<std::string>& labels, std::size_t& size) {
  for (size = 0; size < wire.size();) {
    const auto length = static_cast<unsigned char>(wire[size++]);
    if (length == 0) return size <= 255;
    if (length > 63 || wire.size() - size < length) return false;
    labels.emplace_back(wire.substr(size, length));
    size += length;
  }
  return false;
}

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

std::string as_text(dns::Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// A name that is well formed, in wire form.
void check_name(const zone::WireName& name, const std::vector<std::string>& labels) {
  const auto text = zone::name_text(name);
  const auto read = zone::parse_name(text);
  require(read && *read == name);
  require(zone::parse_relative_name(text, name).value() == name);

  dns::LookupName lookup;
  lookup.assign({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
  require(lookup.labels() == labels.size() && lookup.size() == name.size());
  std::string suffix(1, '\0');
  for (auto skip = labels.size();; --skip) {
    require(as_text(lookup.suffix(skip)) == lower(suffix));
    require(zone::is_within(name, suffix) && zone::is_within(suffix, lower(suffix)));
    dns::LookupName alone;
    alone.assign({reinterpret_cast<const std::uint8_t*>(suffix.data()), suffix.size()});
    require(alone.hash(0) == lookup.hash(skip));
    if (skip == 0) break;
    const auto& label = labels[skip - 1];
    suffix = static_cast<char>(label.size()) + label + suffix;
  }
  require(suffix == name);
}

void check_wire(std::string_view wire) {
  WireReader reader({reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()});
  dns::LookupName lookup;
  std::vector<std::string> labels;
  std::size_t size = 0;
  const bool is_name = labels_of(wire, labels, size);
  require(lookup.read(reader) == is_name);
  if (!is_name) return;
  require(reader.position() == size);
  check_name(zone::WireName(wire.substr(0, size)), labels);
}

void check_text(std::string_view text) {
  static const auto origin = zone::parse_name("shop.example").value();
  const auto absolute = zone::parse_name(text);
  const auto relative = zone::parse_relative_name(text, origin);
  for (const auto* read : {&absolute, &relative}) {
    if (!*read) {
      require(!read->error().what.empty() && read->error().what.size() < 2000);
      continue;
    }
    std::vector<std::string> labels;
    std::size_t size = 0;
    require(labels_of(**read, labels, size) && size == (*read)->size());
    check_name(**read, labels);
  }
  // A dot at the end makes the difference, and only there.
  if (absolute && relative && text != "@")
    require(*relative == *absolute ||
            *relative == absolute->substr(0, absolute->size() - 1) + origin);
}

/// `name` lies within `other` if their last labels are the same.
void check_within(std::string_view pair) {
  std::vector<std::string> inner, outer;
  std::size_t inner_size = 0, outer_size = 0;
  if (!labels_of(pair, inner, inner_size)) return;
  if (!labels_of(pair.substr(inner_size), outer, outer_size)) return;
  bool within = outer.size() <= inner.size();
  for (std::size_t i = 1; within && i <= outer.size(); ++i)
    within = lower(inner[inner.size() - i]) == lower(outer[outer.size() - i]);
  require(zone::is_within(zone::WireName(pair.substr(0, inner_size)),
                          zone::WireName(pair.substr(inner_size, outer_size))) == within);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_wire(input);
  check_within(input);
  check_text(input);
  return 0;
}
