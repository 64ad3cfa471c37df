#pragma once

#include <span>
#include <string>
#include <string_view>

namespace meridian {

/// The candidate that a person who typed `word` most likely meant: the one with the fewest edits
/// (a swap of neighbours is one; letter case is ignored), at most a third of the word's length, but
/// always one. Empty: none is near.
/// Sees `candidates`. Pure.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "; did you mean 'x'?" for messages, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace meridian
