#include "dns-steer/dnssec/canonical.h"

#include <algorithm>
#include <span>

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

/// Where names stand in the data of a type: `names` of them, one after the other.
struct NamePlace {
  std::size_t offset = 0;
  int names = 0;
};

/// Behind the three strings of a NAPTR record (RFC 3403 section 4.1).
std::size_t behind_strings(Bytes data) {
  std::size_t at = 4;  // order, preference
  for (int i = 0; i < 3 && at < data.size(); ++i) at += data[at] + std::size_t{1};
  return at;
}

/// The types whose names are compared in lower case (RFC 4034 section 6.2; RFC 6840 section 5.1
/// takes NSEC off the list). All were there before RFC 3597.
NamePlace names_to_lower(std::uint16_t type, Bytes data) {
  switch (type) {
    case rr::kNs:
    case 3:  // MD
    case 4:  // MF
    case rr::kCname:
    case 7:  // MB
    case 8:  // MG
    case 9:  // MR
    case rr::kPtr:
    case rr::kDname:
      return {0, 1};
    case rr::kSoa:
    case 14:  // MINFO
    case 17:  // RP
      return {0, 2};
    case rr::kMx:
    case 18:  // AFSDB
    case 21:  // RT
    case 36:  // KX
      return {2, 1};
    case 26:  // PX
      return {2, 2};
    case rr::kSrv:
      return {6, 1};
    case 35:  // NAPTR
      return {behind_strings(data), 1};
    default:
      return {};
  }
}

std::uint8_t lower(std::uint8_t c) {
  return static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/// Data that a person wrote in RFC 3597 form may hold no name where its type has one.
void lower_names(std::span<std::uint8_t> data, NamePlace place) {
  auto at = place.offset;
  for (int i = 0; i < place.names; ++i) {
    while (at < data.size() && data[at] != 0 && data[at] < 64) {
      const auto end = std::min(at + data[at] + 1, data.size());
      for (++at; at < end; ++at) data[at] = lower(data[at]);
    }
    ++at;
  }
}

void append_u16(std::vector<std::uint8_t>& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

void CanonicalSet::begin(Bytes owner, std::uint16_t type, std::uint32_t ttl) {
  std::copy(owner.begin(), owner.end(), owner_.begin());
  owner_size_ = owner.size();
  type_ = type;
  ttl_ = ttl;
  data_.clear();
  ranges_.clear();
  records_.clear();
}

void CanonicalSet::add(Bytes data) {
  const Range range{data_.size(), data.size()};
  data_.insert(data_.end(), data.begin(), data.end());
  lower_names(std::span(data_).subspan(range.begin), names_to_lower(type_, data));
  ranges_.push_back(range);
}

void CanonicalSet::finish() {
  const auto before = [this](const Range& a, const Range& b) {
    const auto left = at(a);
    const auto right = at(b);
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
  };
  std::sort(ranges_.begin(), ranges_.end(), before);
  const Range* last = nullptr;
  for (const auto& range : ranges_) {
    const auto data = at(range);
    if (last != nullptr && std::equal(data.begin(), data.end(), at(*last).begin(), at(*last).end()))
      continue;
    last = &range;
    const auto name = owner();
    records_.insert(records_.end(), name.begin(), name.end());
    append_u16(records_, type_);
    append_u16(records_, 1);  // class IN
    append_u16(records_, ttl_ >> 16);
    append_u16(records_, ttl_ & 0xffff);
    append_u16(records_, data.size());
    records_.insert(records_.end(), data.begin(), data.end());
  }
}

std::uint8_t CanonicalSet::labels() const {
  std::uint8_t count = 0;
  for (std::size_t at = 0; owner_[at] != 0; at += owner_[at] + std::size_t{1}) ++count;
  return static_cast<std::uint8_t>(is_wildcard(owner()) ? count - 1 : count);
}

}  // namespace meridian::dns
