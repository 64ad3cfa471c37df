#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "edge-node/net/bell.h"
#include "edge-node/request/fetch.h"

namespace meridian::edge {

/// What a fill leaves to the request that began it: interim responses as they come, and the
/// response if it is not for the cache. Both are on one worker.
struct Handover final : InterimListener {
  asio::awaitable<void> on_interim(http::ResponseHead head) override {
    if (leader_waits && bell) {
      interim.push_back(std::move(head));
      bell->ring();
    }
    co_return;
  }

  std::vector<http::ResponseHead> interim;  // not yet sent; as many as an exchange lets through
  std::shared_ptr<Bell> bell;               // who waits; null: nobody
  bool leader_waits = true;
  bool confirmed = false;  // the origin said 304
  bool alone = false;      // what came is for the leader only, though it was stored
  bool from_disk = false;  // no origin was asked
  bool was_stale = false;  // there, so that one was
  int status = 0;          // of the origin's response
  std::optional<Fetched> fetched;
  FillPtr own;                       // to be read from now on, in place of the one that was joined
  std::vector<std::string> cookies;  // that came with a 304: Set-Cookie, for the leader only
  std::chrono::microseconds origin_time{0};
  OriginVisit visit;
  std::string_view error;
  std::string shield_status;
};

/// One fetch on behalf of the cache (DESIGN 8). Runs by itself: no visitor's leaving stops it.
struct FillTask {
  WorkerContext& worker;
  std::shared_ptr<const Snapshot> snapshot;  // keeps `site`
  const Site* site;
  FillPtr fill;
  FetchPlan plan;
  http::Fields request;  // the fields that Vary speaks of
  RequestDirectives control;
  CachePolicy policy;        // of the site, and of the rules for that request
  ObjectPtr stale;           // what is stored; may be null
  bool conditional = false;  // the origin is asked whether `stale` or `on_disk` is still good
  FillPtr whole;             // `fill` is for a part: what the whole response would be stored by
  ObjectPtr parts;           // `fill` is for the whole, and these are its parts but for `gap`
  std::optional<http::ByteRange> gap;
  disk::DiskReadPtr on_disk{};  // what is stored there, stale; may be null
  std::shared_ptr<Handover> handover;
  Fetched begun{};  // the origin has been asked already, if this says so
};
asio::awaitable<void> run_fill(FillTask task);

/// What is stored of `response`'s head, which keeps nothing else than its memory. `place`: what it
/// is to be stored by. `request`: the fields that asked for it.
std::shared_ptr<StoredHead> make_head(const Fill& place, const CachePolicy& policy,
                                      const http::Fields& request, http::ResponseHead& response,
                                      const ResponseDirectives& directives,
                                      const ExchangeTimes& times);

/// A response that has come whole, to a request for the whole, by other means: for who follows
/// `fill`, and stored where there is room; or `fill` ends because it is not for the cache. Null:
/// the latter, and `response` is as it was.
struct WholeResponse {
  http::ResponseHead& head;
  std::string_view body;
  const ExchangeTimes& times;
  Instant now;
};
StoredHeadPtr store_whole(WorkerContext& worker, const FillPtr& fill, const CachePolicy& policy,
                          const http::RequestHead& request, const WholeResponse& response);

}  // namespace meridian::edge
