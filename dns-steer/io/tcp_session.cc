#include "dns-steer/io/tcp_session.h"

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/base/time.h"

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr std::chrono::seconds kPatience{10};
// A longer query is nothing that we could answer.
constexpr std::size_t kMostQueryOctets = 4096;
// Answers that wait to be written, of queries that came together.
constexpr std::size_t kMostPendingOctets = 2 * kMostTcpOctets;

/// One connection: reading and writing alternate, so what a client can make us hold is bounded.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, TcpShared& shared)
      : shared_(shared), socket_(std::move(socket)), timer_(socket_.get_executor()) {
    ++shared_.sessions;
    boost::system::error_code error;
    const auto peer = socket_.remote_endpoint(error);
    if (!error) client_ = to_address(peer.address());
  }
  ~Session() { --shared_.sessions; }

  asio::awaitable<void> run() {
    extend();
    watch();
    while (socket_.is_open()) {
      if (!take_queries()) {
        shared_.counters.tcp_cut.add();
        break;
      }
      if (output_.empty()) {  // a query that is not complete gets no more time
        auto room = asio::buffer(input_.data() + filled_, input_.size() - filled_);
        const auto [error, size] = co_await socket_.async_read_some(room, as_result);
        if (error) break;
        filled_ += size;
        continue;
      }
      extend();
      const auto [failed, written] =
          co_await asio::async_write(socket_, asio::buffer(output_), as_result);
      if (failed) break;
      output_.clear();
      extend();
    }
    close();
  }

 private:
  static IpAddress to_address(const asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    const auto octets = address.to_v6().to_bytes();
    return IpAddress::v6(octets).unmapped();
  }

  /// Answers all whole queries in the input. False: this is not DNS.
  bool take_queries() {
    std::size_t at = 0;
    while (filled_ - at >= 2 && output_.size() < kMostPendingOctets) {
      const auto size = static_cast<std::size_t>(input_[at] << 8 | input_[at + 1]);
      if (size < kHeaderOctets || size > kMostQueryOctets) return false;
      if (filled_ - at < 2 + size) break;
      if (!take_query(Bytes(input_).subspan(at + 2, size))) return false;
      at += 2 + size;
    }
    std::memmove(input_.data(), input_.data() + at, filled_ - at);
    filled_ -= at;
    return true;
  }

  bool take_query(Bytes query) {
    const auto answered =
        answer({query, client_, Transport::tcp}, shared_.slot.current(), shared_.state,
               Now::from(Clock::now(), WallClock::now()), shared_.scratch);
    shared_.counters.count(answered, Transport::tcp);
    if (answered.size == 0) return false;
    output_.push_back(static_cast<std::uint8_t>(answered.size >> 8));
    output_.push_back(static_cast<std::uint8_t>(answered.size));
    output_.insert(output_.end(), shared_.scratch.begin(),
                   shared_.scratch.begin() + static_cast<std::ptrdiff_t>(answered.size));
    return true;
  }

  void extend() { deadline_ = Clock::now() + kPatience; }

  /// Closes the socket when its deadline passes; what waits on it then ends.
  void watch() {
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      if (Clock::now() < self->deadline_) return self->watch();
      self->shared_.counters.tcp_cut.add();
      self->close();
    });
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

  TcpShared& shared_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  Instant deadline_{};
  IpAddress client_;
  std::array<std::uint8_t, kMostQueryOctets + 2> input_;
  std::size_t filled_ = 0;
  std::vector<std::uint8_t> output_;
};

asio::awaitable<void> run_session(std::shared_ptr<Session> session) { co_await session->run(); }

asio::awaitable<void> accept_for_ever(tcp::acceptor acceptor, TcpShared& shared) {
  asio::steady_timer pause(acceptor.get_executor());
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, as a rule: trying again at once would only burn the core.
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(as_result);
    } else if (shared.sessions >= TcpShared::kMostSessions) {
      shared.counters.tcp_refused.add();
    } else {
      shared.counters.tcp_accepted.add();
      serve_tcp(std::move(socket), shared);
    }
  }
}

}  // namespace

void serve_tcp(tcp::socket socket, TcpShared& shared) {
  const auto executor = socket.get_executor();
  asio::co_spawn(executor, run_session(std::make_shared<Session>(std::move(socket), shared)),
                 asio::detached);
}

void accept_tcp(asio::io_context& context, const Endpoint& endpoint, Descriptor socket,
                TcpShared& shared) {
  tcp::acceptor acceptor(context, endpoint.address.is_v4() ? tcp::v4() : tcp::v6(),
                         socket.release());
  asio::co_spawn(context, accept_for_ever(std::move(acceptor), shared), asio::detached);
}

}  // namespace meridian::dns
