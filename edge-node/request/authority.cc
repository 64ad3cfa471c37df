#include "edge-node/request/authority.h"

#include "edge-node/http/parse_http1.h"

namespace meridian::edge {

std::uint32_t named_port(const http::RequestHead& request, bool tls) {
  const auto port = http::port_of(request.fields.find("host").value_or(""));
  return port == (tls ? 443u : 80u) ? 0 : port;
}

std::string authority_of(const http::RequestHead& request, bool tls) {
  const auto port = named_port(request, tls);
  return port == 0 ? request.host : request.host + ':' + std::to_string(port);
}

}  // namespace meridian::edge
