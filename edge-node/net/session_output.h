#pragma once

#include <chrono>
#include <string>

#include "edge-node/h2/session.h"
#include "edge-node/net/notice.h"

namespace meridian::edge {

/// Sends what a session of HTTP/2 has to say on its connection, put together into few writes. One
/// thread. Whoever owns it waits for wait_until_quiet() before it goes.
class SessionOutput {
 public:
  class Owner {
   public:
    /// Everything has been written. Not called within the owner's own call of flush().
    virtual void on_flushed() = 0;
    /// The peer is gone, or too slow.
    virtual void on_broken(Io why) = 0;

   protected:
    ~Owner() = default;
  };

  /// All outlive it. `stall`: the longest that the peer may take less than `least` bytes.
  SessionOutput(const Loop& loop, Stream& stream, h2::Session& session, Owner& owner,
                std::chrono::milliseconds stall, std::size_t least);

  /// Nothing is sent until flush(): more will come.
  void hold() { held_ = true; }
  void flush();
  /// When whoever runs now has ended.
  void flush_soon();
  /// No more is sent.
  void end();

  bool is_writing() const { return writing_; }
  bool is_quiet() const { return !writing_ && !posted_; }
  /// What is told here ends a wait for wait_until().
  void nudge() { nudge_.give(); }
  /// Until the output is quiet and `holds`; whatever makes that true calls nudge().
  template <class Predicate>
  asio::awaitable<void> wait_until_quiet_and(Predicate holds) {
    while (!is_quiet() || !holds()) co_await wait_for_nudge();
  }

 private:
  static constexpr std::size_t kBytes = 32 * 1024;  // put together for one write

  asio::awaitable<void> write_rest();
  asio::awaitable<void> wait_for_nudge();

  Loop loop_;
  Stream& stream_;
  h2::Session& session_;
  Owner& owner_;
  std::chrono::milliseconds stall_;
  std::size_t least_;
  std::string bytes_;  // not yet written
  Notice nudge_;
  bool held_ = false;
  bool posted_ = false;
  bool writing_ = false;  // write_rest() is at it
  bool ended_ = false;
};

}  // namespace meridian::edge
