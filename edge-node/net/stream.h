#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "common/base/time.h"
#include "common/net/address.h"
#include "edge-node/net/deadline_wheel.h"
#include "edge-node/net/poller.h"
#include "edge-node/net/tls.h"
#include "edge-node/net/turns.h"

namespace meridian::edge {

namespace asio = boost::asio;

/// What one worker's connections share. Everything of it on the worker's thread.
struct Loop {
  asio::io_context& context;
  DeadlineWheel& deadlines;
  Poller& poller;
  Turns& handshakes;
};

enum class Io : std::uint8_t { ok, closed, timed_out, cancelled, failed };

struct ReadResult {
  Io outcome = Io::ok;
  std::size_t size = 0;  // of Io::ok, at least 1
};

/// A connected TCP socket with or without TLS. Each operation first tries the system call, unless
/// it is known to block; only when it would does it suspend, until the socket is ready or the
/// deadline has passed. One reader and one writer at a time. After anything but Io::ok it is to be
/// closed.
class Stream final : private Poller::Watch, private TlsTransport {
  enum class Ready : std::uint8_t { read, write };

 public:
  /// Takes `socket`, which must be non-blocking.
  Stream(const Loop& loop, int socket);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// From now on the bytes go through TLS. Done when Io::ok.
  asio::awaitable<Io> handshake(TlsSession session, Instant deadline);
  asio::awaitable<ReadResult> read_some(std::span<char> into, Instant deadline);
  /// What is there now; with Io::ok and size 0: nothing. A peer of TLS that does not take the
  /// answer to a change of keys counts as failed.
  ReadResult read_now(std::span<char> into);

  /// Takes what comes on a stream by plain calls, while a coroutine waits in serve_input().
  class InputServer {
   public:
    /// Something has come, or the end. False: the coroutine goes on.
    virtual bool on_input() = 0;
    /// It waits for other things, and is told of no input before go_on().
    virtual bool is_busy() const { return false; }
    /// Until when it is content without input; asked when the time told before has passed.
    virtual Instant input_deadline() const = 0;
    /// What serve_without_coroutine() has come to. It may end the stream in the call.
    virtual void on_served(Io) {}

   protected:
    ~InputServer() = default;
  };
  /// Io::ok when `server` says so.
  asio::awaitable<Io> serve_input(InputServer& server);
  /// The same for a server that is told by on_served(), so that no coroutine has to be kept for the
  /// wait. With a value: it has ended already, and nobody is told.
  std::optional<Io> serve_without_coroutine(InputServer& server);
  /// What waits in serve_input() or after serve_without_coroutine() ends, soon, with Io::ok.
  void go_on() { post_end(reader_, Io::ok); }
  /// Input is waiting that the server of serve_input() has not been told of.
  bool has_input() const { return may_have_input(); }
  /// `watcher` is told of input by plain calls, though no coroutine waits; its deadline and what
  /// its on_input() returns are of no account. Null: nobody is. It may end the stream in the call.
  void watch_input(InputServer* watcher) { watcher_ = watcher; }
  /// All `pieces`, in order, with few system calls. `stall`: the longest without any progress, of
  /// these bytes or of `least` that were written before and that the peer takes meanwhile;
  /// `deadline`: for all of it. The pieces' bytes outlive the call.
  struct WriteLimits {
    std::chrono::milliseconds stall;
    Instant deadline;
    std::size_t least = 1;
  };
  asio::awaitable<Io> write(std::span<const std::string_view> pieces, WriteLimits limits);
  /// As much of `pieces` as goes without waiting. What is left must come first in the next write.
  struct Wrote {
    Io outcome = Io::ok;
    std::size_t size = 0;
  };
  Wrote write_now(std::span<const std::string_view> pieces);

  /// After connect() has begun: until the connection has been made, or not.
  asio::awaitable<Io> connected(Instant deadline) {
    writable_ = false;
    return wait(Ready::write, deadline);
  }
  /// Bytes, or the end, have arrived unasked for: not fit for another request. Asks the socket.
  bool has_unexpected_input();
  /// The same as far as the poller has told: of all that came before what it tells of now.
  bool heard_of_input() const { return may_have_input() || ended_; }
  /// Who waits to read gets Io::cancelled; later reads go on.
  void stop_reading() { post_end(reader_, Io::cancelled); }
  /// Whoever waits gets Io::cancelled, now and later. Any number of times.
  void cancel();
  /// So it was, or the loop is being closed. For who may never have to wait.
  bool is_cancelled() const { return cancelled_ || loop_.deadlines.closed(); }
  /// Tells the peer that nothing more comes, and keeps reading.
  void shutdown_write();

  const TlsSession* tls() const { return tls_ ? &*tls_ : nullptr; }
  int socket() const override { return socket_; }

 private:
  struct Wait;
  void on_events(std::uint32_t events) override;
  int receive(std::span<char> into) override;
  int transmit(std::string_view bytes) override;
  bool flush() override;
  int send_behind_held(std::string_view bytes);
  asio::awaitable<Io> send_held(Instant deadline);
  asio::awaitable<Io> wait_for_room(Ready ready, WriteLimits limits);
  asio::awaitable<Io> wait(Ready ready, Instant deadline, InputServer* server = nullptr);
  std::optional<Io> serve_now(InputServer& server);
  void end_wait(Wait*& slot, Io outcome);
  void post_end(Wait*& slot, Io outcome);
  bool may_have_input() const { return readable_ || received_; }
  bool is_ready(Ready ready) const { return ready == Ready::read ? may_have_input() : writable_; }
  struct Tried {
    Io outcome = Io::ok;
    std::optional<Ready> would_block;
    std::size_t size = 0;
  };
  Tried try_read(std::span<char> into);
  Tried try_write(std::span<const std::string_view> pieces, std::size_t offset);
  Tried tried_tls(TlsSession::Step step);

  Loop loop_;
  int socket_;
  std::optional<TlsSession> tls_;
  Wait* reader_ = nullptr;             // who waits
  std::unique_ptr<Wait> server_wait_;  // is `reader_`, without a coroutine
  Wait* writer_ = nullptr;
  InputServer* watcher_ = nullptr;
  // As far as is known: what a system call would block for is false until the poller tells more.
  bool readable_ = false;
  bool writable_ = true;
  bool received_ = false;  // TLS holds bytes that it has not looked at yet
  bool holds_ = false;     // what TLS transmits becomes part of `held_`
  std::string held_;       // goes in front of what is sent next
  bool ended_ = false;     // the peer has said its last, or is gone
  bool cancelled_ = false;
};

/// Also returns when the loop is being closed.
asio::awaitable<void> sleep_until(Loop loop, Instant at);

/// A connection to `endpoint`. Null: refused, unreachable, or too late; `outcome` says which.
struct Connected {
  std::unique_ptr<Stream> stream;
  Io outcome = Io::ok;
  bool no_socket = false;  // the process or the system has none left
};
asio::awaitable<Connected> connect_stream(Loop loop, Endpoint endpoint, Instant deadline);

}  // namespace meridian::edge
