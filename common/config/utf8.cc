#include "common/config/utf8.h"

namespace meridian::config {
namespace {

/// Of the sequence that `byte` begins; 0: none begins so.
std::size_t sequence_length(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte < 0xc2) return 0;
  if (byte < 0xe0) return 2;
  if (byte < 0xf0) return 3;
  return byte < 0xf5 ? 4 : 0;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Overlong forms, surrogates, and what is past U+10FFFF show in the second byte.
bool may_follow(unsigned char first, unsigned char second) {
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second <= 0x9f;
  if (first == 0xf0) return second >= 0x90;
  if (first == 0xf4) return second <= 0x8f;
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const auto length = sequence_length(first);
    if (length == 0 || length > text.size()) return false;
    for (const char c : text.substr(1, length - 1))
      if (!is_continuation(c)) return false;
    if (length > 1 && !may_follow(first, static_cast<unsigned char>(text[1]))) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace meridian::config
