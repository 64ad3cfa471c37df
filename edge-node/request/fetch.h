#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "edge-node/origin/exchange.h"
#include "edge-node/policy/freshness.h"
#include "edge-node/request/context.h"

namespace meridian::edge {

/// What to ask an origin for. Outlives the fetch.
struct FetchPlan {
  std::shared_ptr<const OriginPool> pool;
  std::string method;
  std::string target;
  http::Fields fields;
  http::Framing framing;
  VisitorExchange* body = nullptr;  // whose body goes along; null: none
};

/// The head of an origin's response, its body still to be read; or why there is none.
struct Fetched {
  std::unique_ptr<OriginExchange> exchange;  // null: see `failure_status`
  int failure_status = 503;                  // for the visitor
  std::string_view error;                    // for the log
  ExchangeTimes times;
  std::shared_ptr<Origin> origin;
  std::shared_ptr<const OriginPool> pool;
};

/// Tries origins in turn (DESIGN 8). Another one is tried when nothing was sent, or when the
/// request may be sent twice and no byte came back; a kept connection that turns out to be dead
/// is replaced by a fresh one first.
asio::awaitable<Fetched> fetch(WorkerContext& worker, const FetchPlan& plan);

/// After the body was read to its end: keeps the connection for others, if that is safe.
void keep_connection(WorkerContext& worker, Fetched& fetched);

}  // namespace meridian::edge
