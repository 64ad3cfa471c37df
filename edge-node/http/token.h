#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/// Characters of the token that `text` begins with; 0: it begins with none.
inline std::size_t token_size(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = kOnes << 7;
  constexpr std::size_t kEight = sizeof(std::uint64_t);
  // The high bit of each byte that is neither letter nor hyphen, as few of a field's name are. No
  // sum carries into the next byte, since none has its high bit set before.
  const auto others = [](std::uint64_t eight) {
    const std::uint64_t low = (eight | kOnes * 0x20) & ~kHighs;
    const std::uint64_t letters = (low + kOnes * (0x80 - 'a')) & ~(low + kOnes * (0x7f - 'z'));
    const std::uint64_t hyphens = ~(((eight & ~kHighs) ^ kOnes * '-') + kOnes * 0x7f);
    return (eight | ~(letters | hyphens)) & kHighs;
  };
  std::size_t size = 0;
  while (size + kEight <= text.size()) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + size, kEight);
    const auto other = others(eight);
    size += (std::endian::native == std::endian::little ? std::countr_zero(other)
                                                        : std::countl_zero(other)) /
            kEight;
    if (other != 0) break;
  }
  while (size < text.size() && is_tchar(text[size])) ++size;
  return size;
}

/// Characters that may stand in a field's value that `text` begins with.
inline std::size_t value_size(std::string_view text) {
  std::size_t size = 0;
#ifdef __SSE2__
  constexpr std::size_t kWidth = sizeof(__m128i);
  for (; size + kWidth <= text.size(); size += kWidth) {
    const auto chars = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + size));
    const auto controls = _mm_cmpeq_epi8(_mm_min_epu8(chars, _mm_set1_epi8(0x1f)), chars);
    const auto deletes = _mm_cmpeq_epi8(chars, _mm_set1_epi8(0x7f));
    auto suspects = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(controls, deletes)));
    for (; suspects != 0; suspects &= suspects - 1) {
      const auto at = size + static_cast<std::size_t>(std::countr_zero(suspects));
      if (!is_value_char(text[at])) return at;  // and no tab
    }
  }
#endif
  while (size < text.size() && is_value_char(text[size])) ++size;
  return size;
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
