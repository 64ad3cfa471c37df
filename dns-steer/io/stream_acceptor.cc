#include "dns-steer/io/stream_acceptor.h"

#include <chrono>
#include <utility>

namespace meridian::dns {
namespace {

using tcp = boost::asio::ip::tcp;

constexpr std::chrono::milliseconds kPauseAfterError{100};

IpAddress to_address(const boost::asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
  const auto octets = address.to_v6().to_bytes();
  return IpAddress::v6(octets).unmapped();
}

}  // namespace

StreamAcceptor::StreamAcceptor(boost::asio::io_context& context, const Endpoint& endpoint,
                               Descriptor socket, const TlsContextPtr* tls, StreamShared& shared)
    : acceptor_(context, endpoint.address.is_v4() ? tcp::v4() : tcp::v6(), socket.release()),
      pause_(context),
      tls_(tls),
      shared_(shared) {}

void StreamAcceptor::accept() {
  acceptor_.async_accept(peer_, [this](const boost::system::error_code& error, tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (!error) {
      take(std::move(socket), peer_);
      return accept();
    }
    // Out of descriptors, as a rule: trying again at once would only burn the core.
    pause_.expires_after(kPauseAfterError);
    pause_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) accept();
    });
  });
}

void StreamAcceptor::take(tcp::socket socket, const tcp::endpoint& peer) {
  auto& counters = shared_.counters;
  boost::system::error_code error;
  socket.native_non_blocking(true, error);
  if (error) return;
  auto channel = tls_ == nullptr ? plain_channel(socket.native_handle())
                                 : tls_channel(socket.native_handle(), **tls_);
  if (!channel) return counters.tls_failed.add();
  const auto client = to_address(peer.address());
  switch (shared_.table.enter(client)) {
    case ConnectionTable::Room::none:
      return counters.streams_refused.add();
    case ConnectionTable::Room::none_for_client:
      return counters.streams_refused_client.add();
    case ConnectionTable::Room::granted:
      break;
  }
  const auto transport = tls_ == nullptr ? Transport::tcp : Transport::tls;
  (transport == Transport::tcp ? counters.tcp_accepted : counters.tls_accepted).add();
  std::make_shared<StreamSession>(std::move(socket), std::move(channel), client, transport, shared_)
      ->start();
}

}  // namespace meridian::dns
