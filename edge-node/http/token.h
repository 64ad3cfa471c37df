#pragma once

#include <array>
#include <cstddef>
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

constexpr bool is_value(std::string_view text) {
  for (const char c : text)
    if (!is_value_char(c)) return false;
  return true;
}

/// ASCII letter case ignored.
constexpr bool same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// Without spaces and tabs at both ends.
constexpr std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

inline std::string lower_text(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

}  // namespace meridian::http
