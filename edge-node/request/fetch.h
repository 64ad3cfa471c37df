#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge-node/origin/exchange.h"
#include "edge-node/policy/freshness.h"
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

/// What to ask an origin for. Outlives the fetch.
struct FetchPlan {
  std::shared_ptr<const OriginPool> pool;
  std::string method;
  std::string target;
  http::Fields fields;
  http::Framing framing;
  VisitorExchange* body = nullptr;  // whose body goes along; null: none
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

/// The head of an origin's response, its body still to be read; or why there is none.
struct Fetched {
  RequestOfPool counted;
  Admission request;                         // among the origin's requests
  Admission connection;                      // that `exchange` runs on
  std::unique_ptr<OriginExchange> exchange;  // null: see `failure_status`
  int failure_status = 503;                  // for the visitor
  std::string_view error;                    // for the log
  ExchangeTimes times;
  OriginPtr origin;
  std::size_t index = 0;  // of `origin` in the pool
  std::shared_ptr<const OriginPool> pool;
  Instant deadline = Instant::max();  // for the last byte of the body
  std::string set_cookie;             // a field for this visitor only; empty: none
  std::string shield_status;          // what Cache-Status begins with; empty: no shield was asked

  /// The next piece of the body, within the pool's deadlines.
  asio::awaitable<OriginExchange::Piece> read_body();
};

/// Tries origins in turn (DESIGN 8), never the same one twice: another one when nothing reached the
/// first, or when the request may be sent twice and no answer came, as far as the pool's budget
/// goes. A kept connection that turns out to be dead is replaced by a fresh one first. What the
/// answer says of the origin is taken out of its head. With a shield its edges are tried before, in
/// the same way.
asio::awaitable<Fetched> fetch(WorkerContext& worker, const FetchPlan& plan);

/// After the body was read to its end: keeps the connection for others, if that is safe.
void keep_connection(WorkerContext& worker, Fetched& fetched);

}  // namespace meridian::edge
