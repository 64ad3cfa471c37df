#include "edge-node/net/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "edge-node/net/socket_address.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kRecordBytes = 16384;  // the most that one TLS record carries
constexpr std::size_t kMaxPieces = 16;       // gathered by one system call
constexpr std::size_t kSmallBytes = 2048;    // cheaper put together than named one by one

bool is_busy(const Stream::InputServer* server) { return server && server->is_busy(); }

asio::awaitable<Io> at_once(Io outcome) { co_return outcome; }

bool is_would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

std::string_view bytes_of(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

/// As much of `pieces` as there is `room` for, which is all of it or not.
std::string_view put_together(std::span<const iovec> pieces, std::span<char> room) {
  std::size_t size = 0;
  for (const auto& piece : pieces) {
    const auto part = std::min(piece.iov_len, room.size() - size);
    std::memcpy(room.data() + size, piece.iov_base, part);
    size += part;
  }
  return {room.data(), size};
}

ssize_t send_small(int socket, std::span<const iovec> pieces) {
  std::array<char, kSmallBytes> all;
  const auto bytes = pieces.size() == 1 ? bytes_of(pieces[0]) : put_together(pieces, all);
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ssize_t send_gathered(int socket, std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// Of what was written, that the peer has not acknowledged.
std::size_t bytes_held(int socket) {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

/// A suspended coroutine, or a server without one; ended by readiness, by its deadline or by
/// cancel(), whatever is first.
struct Stream::Wait final : DeadlineWheel::Item {
  using Handler =
      asio::async_result<std::decay_t<decltype(asio::use_awaitable)>, void(Io)>::handler_type;

  Wait(Stream& owner, Wait*& owners_slot, InputServer* input_server)
      : stream(owner), slot(owners_slot), server(input_server) {}
  void on_deadline() override {
    if (server && !stream.is_cancelled()) {
      const auto at = server->input_deadline();
      if (at > Clock::now()) return arm(at);
    }
    stream.post_end(slot, stream.is_cancelled() ? Io::cancelled : Io::timed_out);
  }
  void arm(Instant at) {
    armed = at;
    stream.loop_.deadlines.arm(*this, at);
  }
  /// The input may have brought a nearer deadline; a later one is seen when this one passes.
  void update() {
    if (const auto at = server->input_deadline(); at < armed) arm(at);
  }
  Stream& stream;
  Wait*& slot;  // where the stream has it; not once it has ended
  InputServer* server;
  Instant armed;
  std::optional<Handler> handler;  // none: the server is told
};

Stream::Stream(const Loop& loop, int socket) : loop_(loop), socket_(socket) {
  // Without its events it ends by its deadlines: memory is at an end.
  (void)loop_.poller.add(socket_, *this);
}

Stream::~Stream() {
  if (tls_) tls_->close();
  loop_.poller.forget(*this);
  ::close(socket_);
}

void Stream::on_events(std::uint32_t events) {
  constexpr std::uint32_t kEnds = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & kEnds) ended_ = true;
  if (events & (EPOLLIN | kEnds)) readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
  if (readable_ && watcher_) {
    (void)watcher_->on_input();
    return;  // it may have ended this stream
  }
  const bool write = writable_ && writer_;
  const bool read = readable_ && reader_ && !is_busy(reader_->server);
  // The first of two to go on may be the end of this stream.
  if (write && read) post_end(writer_, Io::ok);
  if (read) {
    const bool goes_on = reader_->server && reader_->server->on_input();
    if (!reader_) return;  // cancelled meanwhile
    goes_on ? reader_->update() : end_wait(reader_, Io::ok);
  } else if (write) {
    end_wait(writer_, Io::ok);
  }
}

void Stream::end_wait(Wait*& slot, Io outcome) {
  Wait& wait = *std::exchange(slot, nullptr);
  loop_.poller.end_wait();
  if (!wait.handler) {
    const auto ended = std::move(server_wait_);
    return ended->server->on_served(outcome);
  }
  auto handler = std::move(*wait.handler);
  handler(outcome);
}

/// For who must not be taken by surprise. The loop's run() goes on until then.
void Stream::post_end(Wait*& slot, Io outcome) {
  if (!slot) return;
  Wait& wait = *std::exchange(slot, nullptr);
  loop_.poller.end_wait();
  if (!wait.handler) {
    asio::post(loop_.context,
               [ended = std::move(server_wait_), outcome] { ended->server->on_served(outcome); });
    return;
  }
  asio::post(loop_.context,
             [handler = std::move(*wait.handler), outcome]() mutable { handler(outcome); });
}

void Stream::cancel() {
  cancelled_ = true;
  post_end(reader_, Io::cancelled);
  post_end(writer_, Io::cancelled);
}

void Stream::shutdown_write() {
  if (tls_) tls_->close();
  ::shutdown(socket_, SHUT_WR);
}

asio::awaitable<Io> Stream::wait(Ready ready, Instant deadline, InputServer* server) {
  if (is_cancelled()) co_return Io::cancelled;
  if (is_ready(ready) && !is_busy(server)) co_return Io::ok;
  Wait*& slot = ready == Ready::read ? reader_ : writer_;
  Wait wait(*this, slot, server);
  wait.arm(deadline);
  const auto begin = [&](Wait::Handler handler) {
    wait.handler.emplace(std::move(handler));
    slot = &wait;
    loop_.poller.begin_wait();
  };
  const Io outcome = co_await asio::async_initiate<decltype(asio::use_awaitable), void(Io)>(
      begin, asio::use_awaitable);
  co_return outcome;
}

std::optional<Io> Stream::serve_now(InputServer& server) {
  while (may_have_input() && !server.is_busy()) {
    if (is_cancelled()) return Io::cancelled;
    if (!server.on_input()) return Io::ok;
  }
  return std::nullopt;
}

asio::awaitable<Io> Stream::serve_input(InputServer& server) {
  if (const auto served = serve_now(server)) return at_once(*served);
  return wait(Ready::read, server.input_deadline(), &server);  // without a frame of its own
}

std::optional<Io> Stream::serve_without_coroutine(InputServer& server) {
  if (const auto served = serve_now(server)) return served;
  if (is_cancelled()) return Io::cancelled;
  server_wait_ = std::make_unique<Wait>(*this, reader_, &server);
  server_wait_->arm(server.input_deadline());
  reader_ = server_wait_.get();
  loop_.poller.begin_wait();
  return std::nullopt;
}

asio::awaitable<Io> Stream::handshake(TlsSession session, Instant deadline) {
  tls_.emplace(std::move(session));
  tls_->attach(*this);
  if (tls_->speaks_second()) {
    const auto outcome = co_await wait(Ready::read, deadline);
    if (outcome != Io::ok) co_return outcome;
  }
  for (;;) {
    if (tls_->speaks_second()) co_await loop_.handshakes.take();
    holds_ = true;  // a flight goes as one
    const auto tried = tried_tls(tls_->handshake());
    holds_ = false;
    received_ = !tried.would_block && tls_->has_received();
    const bool done = tried.outcome == Io::ok && !tried.would_block;
    if (!held_.empty() && !(done && tls_->last_flight_can_wait())) {
      const auto outcome = co_await send_held(deadline);
      if (outcome != Io::ok) co_return outcome;
    }
    if (!tried.would_block) co_return tried.outcome;
    const auto outcome = co_await wait(*tried.would_block, deadline);
    if (outcome != Io::ok) co_return outcome;
  }
}

asio::awaitable<Io> Stream::send_held(Instant deadline) {
  for (;;) {
    const int size = send_behind_held({});
    if (size == kFailed) co_return Io::failed;
    if (size != kWouldBlock) co_return Io::ok;
    const auto outcome = co_await wait(Ready::write, deadline);
    if (outcome != Io::ok) co_return outcome;
  }
}

Stream::Tried Stream::tried_tls(TlsSession::Step step) {
  switch (step.want) {
    case TlsWant::nothing:
      return {Io::ok, std::nullopt, step.size};
    case TlsWant::read:
      readable_ = false;
      return {Io::ok, Ready::read, 0};
    case TlsWant::write:
      writable_ = false;
      return {Io::ok, Ready::write, 0};
    case TlsWant::closed:
      return {Io::closed, std::nullopt, 0};
    case TlsWant::failed:
      break;
  }
  return {Io::failed, std::nullopt, 0};
}

Stream::Tried Stream::try_read(std::span<char> into) {
  if (tls_) {
    if (!may_have_input()) return {Io::ok, Ready::read, 0};
    const auto tried = tried_tls(tls_->read(into));
    received_ = !tried.would_block && tls_->has_received();
    return tried;
  }
  const int size = receive(into);
  if (size > 0) return {Io::ok, std::nullopt, static_cast<std::size_t>(size)};
  if (size == kWouldBlock) return {Io::ok, Ready::read, 0};
  return {size == kEnd ? Io::closed : Io::failed, std::nullopt, 0};
}

int Stream::receive(std::span<char> into) {
  if (!readable_) return kWouldBlock;
  const auto size = ::recv(socket_, into.data(), into.size(), 0);
  // Less than there was room for: that was all, and more will be told.
  if (size > 0 && static_cast<std::size_t>(size) < into.size() && !ended_) readable_ = false;
  if (size >= 0) return static_cast<int>(size);
  if (!is_would_block(errno)) return kFailed;
  readable_ = false;
  return kWouldBlock;
}

int Stream::transmit(std::string_view bytes) {
  if (holds_) {
    held_ += bytes;
    return static_cast<int>(bytes.size());
  }
  return send_behind_held(bytes);
}

bool Stream::flush() { return held_.empty() || send_behind_held({}) >= 0; }

int Stream::send_behind_held(std::string_view bytes) {
  const std::array<iovec, 2> pieces{
      iovec{held_.data(), held_.size()},
      iovec{const_cast<char*>(bytes.data()), bytes.size()},
  };
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(held_.empty() ? &pieces[1] : &pieces[0]);
  message.msg_iovlen = held_.empty() ? 1 : 2;
  const auto size = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  if (size < 0 && !is_would_block(errno)) return kFailed;
  const auto moved = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
  const auto of_held = std::min(moved, held_.size());
  held_.erase(0, of_held);
  if (held_.empty()) held_.shrink_to_fit();
  if (moved > of_held || (bytes.empty() && held_.empty())) return static_cast<int>(moved - of_held);
  writable_ = false;
  return kWouldBlock;
}

ReadResult Stream::read_now(std::span<char> into) {
  const auto tried = try_read(into);
  if (tried.would_block == Ready::write) return {Io::failed, 0};
  return {tried.outcome, tried.size};
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
  std::array<iovec, kMaxPieces> vectors;
  vectors[0] = {};
  std::size_t count = 0, total = 0;
  for (const auto piece : pieces) {
    const auto skip = std::min(offset, piece.size());
    offset -= skip;
    if (piece.size() == skip || count == vectors.size()) continue;
    vectors[count++] = {const_cast<char*>(piece.data()) + skip, piece.size() - skip};
    total += piece.size() - skip;
  }
  const std::span<const iovec> gathered(vectors.data(), count);
  if (tls_) {
    // Small pieces share a record. Asked again, it gathers the same bytes again.
    std::array<char, kRecordBytes> record;
    auto bytes = bytes_of(gathered[0]);
    if (count > 1 && bytes.size() < kRecordBytes) bytes = put_together(gathered, record);
    return tried_tls(tls_->write(bytes));
  }
  const auto size =
      total <= kSmallBytes ? send_small(socket_, gathered) : send_gathered(socket_, gathered);
  if (size >= 0) return {Io::ok, std::nullopt, static_cast<std::size_t>(size)};
  if (!is_would_block(errno)) return {Io::failed, std::nullopt, 0};
  writable_ = false;
  return {Io::ok, Ready::write, 0};
}

asio::awaitable<Io> Stream::write(std::span<const std::string_view> pieces, WriteLimits limits) {
  std::size_t total = 0, written = 0;
  for (const auto piece : pieces) total += piece.size();
  while (written < total) {
    const auto tried = try_write(pieces, written);
    if (tried.outcome != Io::ok) co_return tried.outcome;
    written += tried.size;
    if (!tried.would_block) continue;
    const auto outcome = co_await wait_for_room(*tried.would_block, limits);
    if (outcome != Io::ok) co_return outcome;
  }
  co_return Io::ok;
}

/// The system says that there is room when a good part of what it holds has been taken, which may
/// be megabytes: a peer that takes some of it is slow, but not stalled.
asio::awaitable<Io> Stream::wait_for_room(Ready ready, WriteLimits limits) {
  for (;;) {
    const auto held = bytes_held(socket_);
    const auto until = std::min(limits.deadline, Clock::now() + limits.stall);
    const auto outcome = co_await wait(ready, until);
    if (outcome != Io::timed_out || Clock::now() >= limits.deadline ||
        bytes_held(socket_) + limits.least > held)
      co_return outcome;
  }
}

Stream::Wrote Stream::write_now(std::span<const std::string_view> pieces) {
  std::size_t total = 0, written = 0;
  for (const auto piece : pieces) total += piece.size();
  while (written < total) {
    const auto tried = try_write(pieces, written);
    if (tried.outcome != Io::ok) return {tried.outcome, written};
    if (tried.would_block) break;
    written += tried.size;
  }
  return {Io::ok, written};
}

bool Stream::has_unexpected_input() {
  char byte = 0;  // asked of the socket: what the poller has to tell may be a moment old
  if (tls_) {
    readable_ = true;
    const auto step = tls_->read({&byte, 1});  // takes what TLS itself has to say, like tickets
    return step.want != TlsWant::read;
  }
  const auto size = ::recv(socket_, &byte, 1, MSG_PEEK);
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
    const auto outcome = co_await stream->connected(deadline);
    if (outcome != Io::ok) co_return Connected{nullptr, outcome, false};
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
      co_return Connected{nullptr, Io::failed, false};
  }
  co_return Connected{std::move(stream), Io::ok, false};
}

}  // namespace meridian::edge
