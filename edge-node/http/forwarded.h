#pragma once

#include <string>
#include <string_view>

#include "edge-node/http/message.h"

namespace meridian::http {

/// Where a request came from, in text.
struct Received {
  std::string_view client;  // an address, without a port
  std::string_view host;    // as the visitor wrote it
  std::string_view scheme;  // `https` or `http`
  Version version = Version::http11;
};

/// One element of `Forwarded` (RFC 7239 section 4):
/// `for="[2001:db8::1]";host=a.example;proto=https`. What is no token stands in quotes. Pure.
std::string forwarded_element(const Received& received);

}  // namespace meridian::http
