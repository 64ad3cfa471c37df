#pragma once

#include <chrono>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "common/net/address.h"

namespace boost::asio::ssl {
class context;
}

namespace meridian::dns {

/// One probe of an edge, as a visitor would come: TCP, then TLS for `hostname`, then
/// `GET /.well-known/meridian/health`, which must answer 200. Without a hostname TCP alone. The
/// certificate is not verified: what a visitor's browser trusts is not known here. Returns why it
/// failed, for a person; empty for a success. Ends within `deadline`.
boost::asio::awaitable<std::string> probe(boost::asio::ssl::context& tls, Endpoint endpoint,
                                          std::string hostname, std::chrono::milliseconds deadline);

}  // namespace meridian::dns
