#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge-node/origin/exchange.h"
#include "edge-node/policy/freshness.h"
#include "edge-node/request/attempt.h"
#include "edge-node/request/context.h"
#include "edge-node/request/locations.h"
#include "edge-node/request/peer.h"

namespace meridian::edge {

/// What of a request decides which origin gets it, and what its answer may say of that origin.
struct OriginRoute {
  std::uint64_t key = 0;  // for a consistent hash
  std::string sticky;     // the value of the visitor's sticky cookie; empty: it has none
  bool secure = false;    // the visitor came by TLS
  AskedFor asked_for;     // for the rewriting of locations; no host: none
};

/// The way through a shield, and what it is told.
struct ShieldRoute {
  std::shared_ptr<const OriginPool> pool;
  std::uint64_t key = 0;  // of what is stored: which of its edges has it
  std::string host;       // that the visitor has named
  PeerRequest request;
};

/// Who is told of interim responses (1xx other than 101) as they come.
class InterimListener {
 public:
  virtual asio::awaitable<void> on_interim(http::ResponseHead head) = 0;

 protected:
  ~InterimListener() = default;
};

/// What to ask an origin for. Outlives the fetch, and with a body the response too.
struct FetchPlan {
  std::shared_ptr<const OriginPool> pool;
  std::string method;
  std::string target;
  http::Fields fields;
  http::Framing framing;
  /// Whose body goes along, and for whom alone it is; null: there is none, and others may wait.
  VisitorExchange* visitor = nullptr;
  std::uint64_t most_body_bytes = std::numeric_limits<std::uint64_t>::max();  // that it may have
  InterimListener* interim = nullptr;  // null: nobody wants to know
  /// What the body's trailers have to go without.
  std::function<void(http::Fields&)> clean_trailers{};
  bool refill = false;  // of what a large purge has ended: in its turn
  OriginRoute route;
  std::optional<ShieldRoute> shield{};  // its edges are asked first
};

/// A request that counts among those of its pool.
class RequestOfPool {
 public:
  RequestOfPool() = default;
  explicit RequestOfPool(std::shared_ptr<PoolState> state) : state_(std::move(state)) {
    state_->budget.begin_request();
  }
  RequestOfPool(RequestOfPool&&) = default;
  RequestOfPool& operator=(RequestOfPool&& other) noexcept {
    state_.swap(other.state_);
    return *this;
  }
  ~RequestOfPool() {
    if (state_) state_->budget.end_request();
  }

 private:
  std::shared_ptr<PoolState> state_;
};

/// While it lives one more fetch of the worker waits for the head of an answer.
class WaitingFetch {
 public:
  explicit WaitingFetch(std::size_t& fetches) : fetches_(fetches) { ++fetches_; }
  WaitingFetch(const WaitingFetch&) = delete;
  WaitingFetch& operator=(const WaitingFetch&) = delete;
  ~WaitingFetch() { --fetches_; }

 private:
  std::size_t& fetches_;
};

/// While it lives, within the life of a WaitingFetch, that one does not count.
class WaitingForVisitor {
 public:
  explicit WaitingForVisitor(std::size_t& fetches) : fetches_(fetches) { --fetches_; }
  WaitingForVisitor(const WaitingForVisitor&) = delete;
  WaitingForVisitor& operator=(const WaitingForVisitor&) = delete;
  ~WaitingForVisitor() { ++fetches_; }

 private:
  std::size_t& fetches_;
};

/// The head of an origin's response, its body still to be read; or why there is none.
struct Fetched {
  RequestOfPool counted;
  Admission refill;                          // among those of what was purged; or none
  Admission request;                         // among the origin's requests
  Admission connection;                      // that `exchange` runs on
  std::unique_ptr<OriginExchange> exchange;  // null: see `failure_status`
  int failure_status = 503;                  // for the visitor
  std::string_view error;                    // for the log
  ExchangeTimes times;
  OriginVisit visit;
  OriginPtr origin;
  std::size_t index = 0;  // of `origin` in the pool
  std::shared_ptr<const OriginPool> pool;
  Instant deadline = Instant::max();  // for the last byte of the body
  std::string set_cookie;             // a field for this visitor only; empty: none
  std::string shield_status;          // what Cache-Status begins with; empty: no shield was asked
  std::shared_ptr<Upload> upload;     // the request's body, which may still be on its way; or null
  bool body_begun = false;            // some of it was taken from the visitor
  VisitorFault visitor_fault = VisitorFault::none;
  std::uint8_t pieces = 0;             // of the body, since others had their turn
  VisitorExchange* visitor = nullptr;  // who alone gets the body; null: others may, too
  /// The request has gone on `exchange`, and nothing of its answer was looked at; since then.
  std::optional<Instant> asked_at{};

  /// The next piece of the body, within the pool's deadlines; while the request's is on its way,
  /// the two sides may pause for longer.
  asio::awaitable<OriginExchange::Piece> read_body();
};

/// Tries origins in turn (DESIGN 8), never the same one twice: another one when nothing reached the
/// first, or when the request may be sent twice and no answer came, as far as the pool's budget
/// goes. A kept connection that turns out to be dead is replaced by a fresh one first. What the
/// answer says of the origin is taken out of its head. With a shield its edges are tried before, in
/// the same way. Where the plan has a body: stop_upload() before the answer goes.
/// `begun`: goes on with that, which is moved from, or with the origin that is chosen there and
/// nothing else; null: from the beginning.
asio::awaitable<Fetched> fetch(WorkerContext& worker, const FetchPlan& plan,
                               Fetched* begun = nullptr);

/// For a response that came by other means, of a pool without sticky visitors: counts for its
/// origin or against it, and says nothing of it any more.
void accept_answer(WorkerContext& worker, const AskedFor& asked_for, Fetched& fetched, Instant now);

/// Takes out of a response what it says of the origin. `asked_for`: as in OriginRoute.
void hide_origin(WorkerContext& worker, const OriginPool& pool, const AskedFor& asked_for,
                 http::Fields& fields);

/// Counts it among those of the site.
void note_visit(WorkerContext& worker, const Site& site, const OriginVisit& visit);

/// After the body was read to its end: keeps the connection for others, if that is safe.
void keep_connection(WorkerContext& worker, Fetched& fetched, Instant now);

}  // namespace meridian::edge
