#pragma once

#include <chrono>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "common/net/address.h"

namespace boost::asio::ssl {
class context;
}

namespace meridian::dns {

/// What a probe asks an edge for.
struct ProbedName {
  std::string hostname;  // SNI and Host; empty: TCP alone
  /// Visitors of it need a certificate, and probes have none: to be refused for that is an answer.
  bool demands_certificate = false;
};

/// One probe of an edge, as a visitor would come: TCP, then TLS for the hostname, then
/// `GET /.well-known/meridian/health`, which must answer 200. Without a hostname TCP alone. The
/// certificate is not verified: what a visitor's browser trusts is not known here. Returns why it
/// failed, for a person; empty for a success. Ends within `deadline`.
boost::asio::awaitable<std::string> probe(boost::asio::ssl::context& tls, Endpoint endpoint,
                                          ProbedName name, std::chrono::milliseconds deadline);

}  // namespace meridian::dns
