#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// The characters of HTTP (RFC 9110 section 5.6). Pure.
namespace meridian::http {

namespace detail {
constexpr std::array<bool, 256> make_tchars() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(
           "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr auto kTchars = make_tchars();
}  // namespace detail

constexpr bool is_tchar(char c) { return detail::kTchars[static_cast<unsigned char>(c)]; }

/// May stand in a field value: visible characters, bytes from 0x80 on, space and tab.
constexpr bool is_value_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x20 ? u != 0x7f : u == '\t';
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool is_token(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (!is_tchar(c)) return false;
  return true;
}

inline bool is_value(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = kOnes << 7;
  constexpr std::size_t kEight = sizeof(std::uint64_t);
  const auto all_are = [](std::string_view few) {
    for (const char c : few)
      if (!is_value_char(c)) return false;
    return true;
  };
  const auto eight_are = [&](const char* at) {
    std::uint64_t eight;
    std::memcpy(&eight, at, kEight);
    // A byte below 0x20, or one that is 0x7f, leaves its high bit here, and seldom another one.
    const std::uint64_t deletes = eight ^ (kOnes * 0x7f);
    const auto suspects =
        (((eight - kOnes * 0x20) & ~eight) | ((deletes - kOnes) & ~deletes)) & kHighs;
    return suspects == 0 || all_are({at, kEight});
  };
  if (text.size() < kEight) return all_are(text);
  for (std::size_t i = 0; i + kEight < text.size(); i += kEight)
    if (!eight_are(text.data() + i)) return false;
  return eight_are(text.data() + text.size() - kEight);
}

/// ASCII letter case ignored.
constexpr bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// Without spaces and tabs at both ends.
constexpr std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

inline std::string lower_text(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

}  // namespace meridian::http
