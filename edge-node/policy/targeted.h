#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::edge {

/// A member of a Structured Field's dictionary (RFC 8941 section 3.2), as far as the directives of
/// RFC 9213 need it: true, or a whole number that is not negative; else neither.
struct TargetedMember {
  std::string key;
  bool is_true = false;
  std::optional<std::uint64_t> number;
};

/// The members of the dictionary, each key once, with its last value. No value: `field` is not one,
/// and is to be ignored as a whole. Pure; any thread.
std::optional<std::vector<TargetedMember>> parse_targeted(std::string_view field);

}  // namespace meridian::edge
