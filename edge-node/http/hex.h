#pragma once

#include "edge-node/http/token.h"

namespace meridian::http {

/// Of a hexadecimal digit; below 0: it is none.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace meridian::http
