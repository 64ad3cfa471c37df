#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "edge-node/request/coalesce.h"
#include "edge-node/request/context.h"
#include "edge-node/request/fetch.h"
#include "edge-node/request/hit.h"

namespace meridian::edge {

/// A request that find_hit() missed, and that a kept connection to an origin in HTTP/1.1 can
/// answer: what most misses meet, so that they are answered by plain calls instead of handle().
/// Whatever else comes to pass, a part of a response, a slow origin, a dead connection, the
/// coroutine goes on from where this one stands. The fill is the cache's as ever: others may follow
/// it.
class QuickFetch final : private Stream::InputServer {
 public:
  /// Who asks: the visitor's connection, whose coroutine waits meanwhile.
  class Asker {
   public:
    /// The head that was given to send_head(), then `body`, then the end, as far as they go without
    /// waiting. After Sent::some, finish() of the exchange has to say the rest.
    enum class Sent : std::uint8_t { all, some, failed };
    virtual Sent send_now(std::string_view body) = 0;
    /// Nothing more comes by plain calls. It may let the fetch go.
    virtual void on_quick_end(Instant now) = 0;

   protected:
    ~Asker() = default;
  };

  /// Null: it is not of that kind, and nothing has happened. `miss`: as find_hit() has just given
  /// it. All others outlive it.
  static std::unique_ptr<QuickFetch> begin(VisitorExchange& exchange, WorkerContext& worker,
                                           Asker& asker, Miss miss, Instant now);
  QuickFetch(const QuickFetch&) = delete;
  QuickFetch& operator=(const QuickFetch&) = delete;
  /// Who follows the fill is told that it comes to nothing, if it has not ended.
  ~QuickFetch();
  static void operator delete(QuickFetch* fetch, std::destroying_delete_t);

  /// on_quick_end() is still to come.
  bool is_waiting() const { return state_ == State::waiting; }
  bool is_done() const { return state_ == State::done; }
  /// For the first byte; then the coroutine goes on.
  Instant deadline() const { return deadline_; }
  /// All that is left to be done, at any time.
  asio::awaitable<void> finish();

 private:
  enum class State : std::uint8_t {
    begun,     // but not counted yet
    waiting,   // for the origin
    handed,    // to finish(): not all has come, or something else
    encoding,  // `body_` is to be encoded
    unsent,    // the visitor takes less than there is
    done,
  };
  QuickFetch(VisitorExchange& exchange, WorkerContext& worker, Asker& asker, Miss miss,
             Instant now);
  static void* operator new(std::size_t bytes, WorkerContext& worker) {
    return worker.quick_fetches.take(bytes);
  }
  /// Of a constructor that throws.
  static void operator delete(void* memory, WorkerContext& worker) {
    worker.quick_fetches.give_back(memory);
  }
  CountedConnection choose_connection();
  bool ask(CountedConnection connection);
  void stop_waiting();
  void answer(std::string_view body);
  void send(std::string_view body, Instant now);
  void let_origin_go();
  void end(State state, Instant now);
  // Stream::InputServer, of the origin's connection.
  bool on_input() override;
  Instant input_deadline() const override { return deadline_; }

  WorkerContext& worker_;
  Asker& asker_;
  Transaction t_;
  CacheQuery query_;
  Fetched fetched_;
  RamTier::Join lead_;
  Stream* stream_ = nullptr;  // to the origin, while it is watched
  std::optional<WaitingFetch> waiting_;
  Instant deadline_;
  std::string body_;
  State state_ = State::begun;
};

}  // namespace meridian::edge
