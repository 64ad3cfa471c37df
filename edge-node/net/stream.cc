#include "edge-node/net/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "edge-node/net/socket_address.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kRecordBytes = 16384;  // the most that one TLS record carries
constexpr std::size_t kMaxPieces = 8;        // gathered by one system call

bool is_would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

/// Ends the wait of its stream when the deadline passes.
struct Stream::Wait : DeadlineWheel::Item {
  explicit Wait(Stream& owner) : stream(owner) {}
  void on_deadline() override {
    passed = true;
    boost::system::error_code ignored;  // cancelling a wait that has just ended fails: no matter
    stream.descriptor_.cancel(ignored);
  }
  Stream& stream;
  bool passed = false;
};

Stream::Stream(const Loop& loop, int socket) : loop_(loop), descriptor_(loop.context, socket) {}

Stream::~Stream() {
  if (tls_) tls_->close();
}

void Stream::cancel() {
  cancelled_ = true;
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
}

void Stream::shutdown_write() {
  if (tls_) tls_->close();
  ::shutdown(descriptor_.native_handle(), SHUT_WR);
}

asio::awaitable<Io> Stream::wait(Ready ready, Instant deadline) {
  if (cancelled_ || loop_.deadlines.closed()) co_return Io::cancelled;
  Wait wait(*this);
  loop_.deadlines.arm(wait, deadline);
  boost::system::error_code error;
  const auto what = ready == Ready::read ? asio::posix::descriptor_base::wait_read
                                         : asio::posix::descriptor_base::wait_write;
  co_await descriptor_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
  if (cancelled_ || loop_.deadlines.closed()) co_return Io::cancelled;
  if (wait.passed) co_return Io::timed_out;
  // The other direction's deadline ends this wait too: the caller tries again, and waits again.
  co_return !error || error == asio::error::operation_aborted ? Io::ok : Io::failed;
}

asio::awaitable<Io> Stream::handshake(TlsSession session, Instant deadline) {
  tls_.emplace(std::move(session));
  for (;;) {
    const auto step = tls_->handshake();
    if (step.want == TlsWant::nothing) co_return Io::ok;
    if (step.want != TlsWant::read && step.want != TlsWant::write)
      co_return step.want == TlsWant::closed ? Io::closed : Io::failed;
    const auto outcome =
        co_await wait(step.want == TlsWant::read ? Ready::read : Ready::write, deadline);
    if (outcome != Io::ok) co_return outcome;
  }
}

Stream::Tried Stream::try_read(std::span<char> into) {
  if (tls_) {
    const auto step = tls_->read(into);
    switch (step.want) {
      case TlsWant::nothing:
        return {Io::ok, std::nullopt, step.size};
      case TlsWant::read:
        return {Io::ok, Ready::read, 0};
      case TlsWant::write:
        return {Io::ok, Ready::write, 0};
      case TlsWant::closed:
        return {Io::closed, std::nullopt, 0};
      case TlsWant::failed:
        return {Io::failed, std::nullopt, 0};
    }
  }
  const auto size = ::recv(descriptor_.native_handle(), into.data(), into.size(), 0);
  if (size > 0) return {Io::ok, std::nullopt, static_cast<std::size_t>(size)};
  if (size == 0) return {Io::closed, std::nullopt, 0};
  if (is_would_block(errno)) return {Io::ok, Ready::read, 0};
  return {Io::failed, std::nullopt, 0};
}

asio::awaitable<ReadResult> Stream::read_some(std::span<char> into, Instant deadline) {
  for (;;) {
    const auto tried = try_read(into);
    if (!tried.would_block) co_return ReadResult{tried.outcome, tried.size};
    const auto outcome = co_await wait(*tried.would_block, deadline);
    if (outcome != Io::ok) co_return ReadResult{outcome, 0};
  }
}

// `offset` bytes of the pieces have gone before.
Stream::Tried Stream::try_write(std::span<const std::string_view> pieces, std::size_t offset) {
  std::array<iovec, kMaxPieces> vectors{};
  std::size_t count = 0, total = 0;
  for (const auto piece : pieces) {
    const auto skip = std::min(offset, piece.size());
    offset -= skip;
    if (piece.size() == skip || count == vectors.size()) continue;
    vectors[count++] = {const_cast<char*>(piece.data()) + skip, piece.size() - skip};
    total += piece.size() - skip;
  }
  if (tls_) {
    // Small pieces share a record. Asked again, it gathers the same bytes again.
    std::array<char, kRecordBytes> record;
    std::string_view bytes(static_cast<const char*>(vectors[0].iov_base), vectors[0].iov_len);
    if (count > 1 && bytes.size() < kRecordBytes) {
      std::size_t size = 0;
      for (std::size_t i = 0; i < count && size < kRecordBytes; ++i) {
        const auto part = std::min(vectors[i].iov_len, kRecordBytes - size);
        std::memcpy(record.data() + size, vectors[i].iov_base, part);
        size += part;
      }
      bytes = {record.data(), size};
    }
    const auto step = tls_->write(bytes);
    switch (step.want) {
      case TlsWant::nothing:
        return {Io::ok, std::nullopt, step.size};
      case TlsWant::read:
        return {Io::ok, Ready::read, 0};
      case TlsWant::write:
        return {Io::ok, Ready::write, 0};
      default:
        return {Io::failed, std::nullopt, 0};
    }
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  const auto size = ::sendmsg(descriptor_.native_handle(), &message, MSG_NOSIGNAL);
  if (size >= 0) return {Io::ok, std::nullopt, static_cast<std::size_t>(size)};
  if (is_would_block(errno)) return {Io::ok, Ready::write, 0};
  return {Io::failed, std::nullopt, 0};
}

asio::awaitable<Io> Stream::write(std::span<const std::string_view> pieces, WriteLimits limits) {
  std::size_t total = 0, written = 0;
  for (const auto piece : pieces) total += piece.size();
  while (written < total) {
    const auto tried = try_write(pieces, written);
    if (tried.outcome != Io::ok) co_return tried.outcome;
    written += tried.size;
    if (!tried.would_block) continue;
    const auto deadline = std::min(limits.deadline, Clock::now() + limits.stall);
    const auto outcome = co_await wait(*tried.would_block, deadline);
    if (outcome != Io::ok) co_return outcome;
  }
  co_return Io::ok;
}

Stream::Wrote Stream::write_now(std::string_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const std::array<std::string_view, 1> pieces{bytes.substr(written)};
    const auto tried = try_write(pieces, 0);
    if (tried.outcome != Io::ok) return {tried.outcome, written};
    if (tried.would_block) break;
    written += tried.size;
  }
  return {Io::ok, written};
}

bool Stream::has_unexpected_input() {
  char byte = 0;
  if (tls_) {
    const auto step = tls_->read({&byte, 1});  // takes what TLS itself has to say, like tickets
    return step.want != TlsWant::read;
  }
  const auto size = ::recv(descriptor_.native_handle(), &byte, 1, MSG_PEEK);
  return size >= 0 || !is_would_block(errno);
}

asio::awaitable<void> sleep_until(Loop loop, Instant at) {
  struct WakeUp : DeadlineWheel::Item {
    explicit WakeUp(asio::steady_timer& t) : timer(t) {}
    void on_deadline() override { timer.cancel(); }
    asio::steady_timer& timer;
  };
  if (loop.deadlines.closed()) co_return;
  asio::steady_timer timer(loop.context, Instant::max());
  WakeUp wake_up(timer);
  loop.deadlines.arm(wake_up, at);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<Connected> connect_stream(Loop loop, Endpoint endpoint, Instant deadline) {
  const SocketAddress address(endpoint);
  const int socket =
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) co_return Connected{nullptr, Io::failed, true};
  auto stream = std::make_unique<Stream>(loop, socket);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket, address.get(), address.size()) != 0) {
    if (errno != EINPROGRESS) co_return Connected{nullptr, Io::failed, false};
    const auto outcome = co_await stream->writable(deadline);
    if (outcome != Io::ok) co_return Connected{nullptr, outcome, false};
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
      co_return Connected{nullptr, Io::failed, false};
  }
  co_return Connected{std::move(stream), Io::ok, false};
}

}  // namespace meridian::edge
