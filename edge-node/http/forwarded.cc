#include "edge-node/http/forwarded.h"

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

void append_value(std::string& out, std::string_view value) {
  if (is_token(value)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string forwarded_element(const Received& received) {
  std::string element = "for=";
  // Section 6: an IPv6 address stands in brackets, and so in quotes.
  if (received.client.find(':') != std::string_view::npos)
    append_value(element, "[" + std::string(received.client) + "]");
  else
    append_value(element, received.client);
  if (!received.host.empty()) {
    element += ";host=";
    append_value(element, received.host);
  }
  element += ";proto=";
  append_value(element, received.scheme);
  return element;
}

}  // namespace meridian::http
