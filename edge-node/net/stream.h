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
#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/base/time.h"
#include "common/net/address.h"
#include "edge-node/net/deadline_wheel.h"
#include "edge-node/net/tls.h"

namespace meridian::edge {

namespace asio = boost::asio;

/// What one worker's connections share. Everything of it on the worker's thread.
struct Loop {
  asio::io_context& context;
  DeadlineWheel& deadlines;
};

enum class Io : std::uint8_t { ok, closed, timed_out, cancelled, failed };

struct ReadResult {
  Io outcome = Io::ok;
  std::size_t size = 0;  // of Io::ok, at least 1
};

/// A connected TCP socket with or without TLS. Each operation first tries the system call; only
/// when that would block does it suspend, until the socket is ready or the deadline has passed.
/// One reader and one writer at a time. After anything but Io::ok it is to be closed.
class Stream {
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
  /// All `pieces`, in order, with few system calls. `stall`: the longest without any progress;
  /// `deadline`: for all of it. The pieces' bytes outlive the call.
  struct WriteLimits {
    std::chrono::milliseconds stall;
    Instant deadline;
  };
  asio::awaitable<Io> write(std::span<const std::string_view> pieces, WriteLimits limits);
  /// As much of `bytes` as goes without waiting. What is left must come first in the next write.
  struct Wrote {
    Io outcome = Io::ok;
    std::size_t size = 0;
  };
  Wrote write_now(std::string_view bytes);

  /// Until it can be written to: a connection that is being made has been made, or not.
  asio::awaitable<Io> writable(Instant deadline) { return wait(Ready::write, deadline); }
  /// Bytes, or the end, have arrived unasked for: not fit for another request.
  bool has_unexpected_input();
  /// Whoever waits gets Io::cancelled, now and later. Any number of times.
  void cancel();
  /// Tells the peer that nothing more comes, and keeps reading.
  void shutdown_write();

  const TlsSession* tls() const { return tls_ ? &*tls_ : nullptr; }
  int socket() { return descriptor_.native_handle(); }

 private:
  struct Wait;
  asio::awaitable<Io> wait(Ready ready, Instant deadline);
  struct Tried {
    Io outcome = Io::ok;
    std::optional<Ready> would_block;
    std::size_t size = 0;
  };
  Tried try_read(std::span<char> into);
  Tried try_write(std::span<const std::string_view> pieces, std::size_t offset);

  Loop loop_;
  asio::posix::stream_descriptor descriptor_;
  std::optional<TlsSession> tls_;
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
