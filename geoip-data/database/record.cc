#include "geoip-data/database/record.h"

#include <bit>
#include <cmath>

namespace meridian {
namespace {

constexpr int kDeepest = 16;
constexpr std::uint32_t kMostEntries = 4096;

/// Types of the format.
enum class Type : std::uint8_t {
  extended = 0,
  pointer = 1,
  text = 2,
  float64 = 3,
  octets = 4,
  uint16 = 5,
  uint32 = 6,
  map = 7,
  int32 = 8,
  uint64 = 9,
  uint128 = 10,
  array = 11,
  container = 12,
  end = 13,
  boolean = 14,
  float32 = 15,
};

/// What stands before a value: its type, and its size, count or, for a pointer, target.
struct Head {
  Type type = Type::extended;
  std::uint32_t size = 0;
};

/// Reads values one after the other. After a short read nothing more is read: check ok().
class Cursor {
 public:
  Cursor(std::span<const std::uint8_t> section, std::size_t at) : section_(section), at_(at) {
    ok_ = at <= section.size();
  }

  bool ok() const { return ok_; }

  Head head() {
    const auto control = octet();
    Head head{static_cast<Type>(control >> 5), control & 0x1fu};
    if (head.type == Type::pointer) return pointer(control);
    if (head.type == Type::extended) head.type = static_cast<Type>(octet() + 7);
    if (head.size == 29)
      head.size = 29 + number(1);
    else if (head.size == 30)
      head.size = 285 + number(2);
    else if (head.size == 31)
      head.size = 65'821 + number(3);
    return head;
  }

  std::uint32_t number(std::uint32_t octets) {
    std::uint32_t value = 0;
    for (const auto each : bytes(octets)) value = value << 8 | each;
    return value;
  }

  std::span<const std::uint8_t> bytes(std::size_t n) {
    if (!ok_ || n > section_.size() - at_) {
      ok_ = false;
      return {};
    }
    at_ += n;
    return section_.subspan(at_ - n, n);
  }

  /// At the value that begins here, or at the one that a pointer here leads to.
  Cursor value() const {
    Cursor there = *this;
    const auto head = there.head();
    if (head.type != Type::pointer) return *this;
    return there.ok_ ? Cursor(section_, head.size) : there;
  }

  /// Goes past one value. Pointers are not followed.
  void skip(int depth = 0) {
    const auto value = head();
    if (depth > kDeepest) ok_ = false;
    switch (value.type) {
      case Type::pointer:
      case Type::boolean:  // its size is its value
        return;
      case Type::map:
      case Type::array: {
        const auto values = std::uint64_t{value.size} * (value.type == Type::map ? 2 : 1);
        for (std::uint64_t i = 0; ok_ && i < values; ++i) skip(depth + 1);
        return;
      }
      default:
        (void)bytes(value.size);
    }
  }

  /// Goes past a text, or a pointer to one.
  std::string_view text() {
    auto there = value();
    const auto head = there.head();
    const auto octets = there.bytes(head.type == Type::text ? head.size : 0);
    skip();
    ok_ = ok_ && there.ok_ && head.type == Type::text;
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
  }

 private:
  std::uint32_t octet() { return number(1); }

  Head pointer(std::uint32_t control) {
    const auto size = control >> 3 & 3;
    const auto high = control & 7;
    switch (size) {
      case 0:
        return {Type::pointer, high << 8 | number(1)};
      case 1:
        return {Type::pointer, (high << 16 | number(2)) + 2'048};
      case 2:
        return {Type::pointer, (high << 24 | number(3)) + 526'336};
      default:
        return {Type::pointer, number(4)};
    }
  }

  std::span<const std::uint8_t> section_;
  std::size_t at_;
  bool ok_;
};

std::optional<double> real(Cursor at) {
  const auto head = at.head();
  const auto octets = at.bytes(head.size);
  std::uint64_t bits = 0;
  for (const auto each : octets) bits = bits << 8 | each;
  if (head.type == Type::float64 && octets.size() == 8) return std::bit_cast<double>(bits);
  if (head.type == Type::float32 && octets.size() == 4)
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return {};
}

std::uint32_t whole(Cursor at) {
  const auto head = at.head();
  const bool fits = (head.type == Type::uint16 || head.type == Type::uint32) && head.size <= 4;
  return fits ? at.number(head.size) : 0;
}

std::string_view capitals(std::string_view code) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return code.size() == 2 && capital(code[0]) && capital(code[1]) ? code : std::string_view();
}

std::array<char, 2> pair_of(std::string_view code) {
  return code.size() == 2 ? std::array<char, 2>{code[0], code[1]} : std::array<char, 2>{};
}

/// Calls `take(key, value)` for each entry of the map at `at`. False: no whole map is there.
template <class Take>
bool each_entry(Cursor at, Take take) {
  const auto map = at.head();
  if (!at.ok() || map.type != Type::map || map.size > kMostEntries) return false;
  for (std::uint32_t i = 0; i < map.size; ++i) {
    const auto key = at.text();
    if (!at.ok()) return false;
    take(key, at.value());
    at.skip();
  }
  return at.ok();
}

class Reader {
 public:
  std::optional<GeoRecord> read(Cursor at) {
    if (!each_entry(at, [this](std::string_view key, Cursor value) { take(key, value); }))
      return {};
    if (latitude_ && longitude_ && std::abs(*latitude_) <= 90 && std::abs(*longitude_) <= 180)
      record_.coordinates = geo::Coordinates{*latitude_, *longitude_};
    return record_;
  }

 private:
  void take(std::string_view key, Cursor value) {
    if (key == "latitude") {
      latitude_ = real(value);
    } else if (key == "longitude") {
      longitude_ = real(value);
    } else if (key == "country_code") {
      record_.country = capitals(value.text());
    } else if (key == "state1") {
      record_.subdivision = value.text();
    } else if (key == "continent_code") {
      record_.continent = capitals(value.text());
    } else if (key == "autonomous_system_number") {
      record_.asn = whole(value);
    } else if (key == "autonomous_system_organization") {
      record_.asn_name = value.text();
    } else if (key == "location") {
      each_entry(value, [this](std::string_view inner, Cursor at) {
        if (inner == "latitude") latitude_ = real(at);
        if (inner == "longitude") longitude_ = real(at);
      });
    } else if (key == "country") {
      code(value, "iso_code", [this](auto text) { record_.country = capitals(text); });
    } else if (key == "continent") {
      code(value, "code", [this](auto text) { record_.continent = capitals(text); });
    } else if (key == "subdivisions") {
      const auto list = value.head();
      if (list.type == Type::array && list.size > 0)
        code(value.value(), "iso_code", [this](auto text) { record_.subdivision = text; });
    }
  }

  template <class Take>
  static void code(Cursor map, std::string_view wanted, Take take) {
    each_entry(map, [&](std::string_view key, Cursor at) {
      if (key == wanted) take(at.text());
    });
  }

  GeoRecord record_;
  std::optional<double> latitude_;
  std::optional<double> longitude_;
};

}  // namespace

std::string GeoRecord::subdivision_code() const {
  if (country.empty() || subdivision.empty()) return {};
  return std::string(country) + "-" + std::string(subdivision);
}

Place GeoRecord::place() const {
  Place place{.coordinates = coordinates, .country = pair_of(country)};
  if (!place.coordinates && place.has_country())
    place.coordinates = geo::country_centroid(place.country);
  place.continent = continent.empty() ? geo::country_continent(place.country) : pair_of(continent);
  return place;
}

std::optional<GeoRecord> read_record(std::span<const std::uint8_t> section, std::size_t offset) {
  return Reader().read(Cursor(section, offset));
}

}  // namespace meridian
