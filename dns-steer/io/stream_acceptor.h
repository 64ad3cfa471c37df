#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "dns-steer/io/sockets.h"
#include "dns-steer/io/stream_session.h"
#include "dns-steer/io/tls_context.h"

namespace meridian::dns {

/// Accepts the connections of one socket, within the bounds of the table of connections; newcomers
/// over them are closed at once. On its worker's thread only.
class StreamAcceptor {
 public:
  /// `tls`: null for plain TCP; may change what it points to. All references must outlive it.
  StreamAcceptor(boost::asio::io_context& context, const Endpoint& endpoint, Descriptor socket,
                 const TlsContextPtr* tls, StreamShared& shared);

  void start() { accept(); }

 private:
  void accept();
  void take(boost::asio::ip::tcp::socket socket, const boost::asio::ip::tcp::endpoint& peer);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  boost::asio::ip::tcp::endpoint peer_;
  const TlsContextPtr* tls_;
  StreamShared& shared_;
};

}  // namespace meridian::dns
