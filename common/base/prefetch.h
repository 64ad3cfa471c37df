#pragma once

#include <cstddef>

namespace meridian {

/// Asks memory for the first and the last line that `size_bytes` (at least one) from `begin` lie
/// in, and waits for neither.
inline void prefetch_memory(const void* begin, std::size_t size_bytes) {
  const auto* const first = static_cast<const char*>(begin);
  __builtin_prefetch(first);
  __builtin_prefetch(first + size_bytes - 1);
  // To g++ a function that only asks memory has no effect: it leaves out calls of it.
  asm volatile("" : : "r"(first));
}

/// The same for all lines between them, too.
inline void prefetch_lines(const void* begin, std::size_t size_bytes) {
  const auto* const first = static_cast<const char*>(begin);
  for (std::size_t at = 64; at + 1 < size_bytes; at += 64) __builtin_prefetch(first + at);
  prefetch_memory(begin, size_bytes);
}

/// The first and the last line of an object.
template <class T>
void prefetch_memory(const T& object) {
  prefetch_memory(&object, sizeof object);
}

}  // namespace meridian
