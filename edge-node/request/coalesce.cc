#include "edge-node/request/coalesce.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "edge-node/net/bell.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/pass.h"
#include "edge-node/request/send.h"
#include "edge-node/request/store.h"

namespace meridian::edge {
namespace {

/// A fill ends by its own deadlines long before; this bounds what a bug could hold up.
constexpr std::chrono::seconds kFillPatience{120};
/// How long others wait for the head of what one has asked for, before they ask by themselves.
constexpr std::chrono::seconds kFollowerPatience{10};

/// The leader's interest in what the fill may hand over ends with the leader.
class LeaderWaits {
 public:
  explicit LeaderWaits(std::shared_ptr<Handover> handover) : handover_(std::move(handover)) {}
  LeaderWaits(const LeaderWaits&) = delete;
  LeaderWaits& operator=(const LeaderWaits&) = delete;
  ~LeaderWaits() {
    if (handover_) handover_->leader_waits = false;
  }

 private:
  std::shared_ptr<Handover> handover_;
};

std::shared_ptr<Handover> start_fill(Transaction& t, const FillPtr& fill, ObjectPtr stale,
                                     const RequestDirectives& control) {
  auto handover = std::make_shared<Handover>();
  FillTask task{.worker = t.worker,
                .snapshot = t.snapshot,
                .site = t.site,
                .fill = fill,
                .plan = {.pool = t.site->pool,
                         .method = "GET",
                         .target = t.request().target,
                         .fields = forward_fields(t),
                         .framing = {},
                         .route = route_of(t),
                         .shield = shield_of(t, *fill->key())},
                .request = t.request().fields,
                .control = control,
                .policy = t.ruling.cache.apply_to(t.site->cache),
                .stale = std::move(stale),
                .handover = handover};
  ask_for_whole(task.plan.fields);
  if (task.stale) task.conditional = ask_if_changed(task.plan.fields, *task.stale->head);
  asio::co_spawn(t.worker.loop.context, run_fill(std::move(task)), asio::detached);
  return handover;
}

std::string_view miss_reason(const RamTier::Join& join, const Found& found) {
  if (found.object) return found.use == Use::client_insists ? "request" : "stale";
  return join.variant_miss ? "vary-miss" : "uri-miss";
}

/// The body from the fill as it comes.
asio::awaitable<void> send_from_fill(Transaction& t, Fill::Reader& reader, Bell& bell,
                                     Portion portion) {
  while (portion.rest > 0) {
    const auto next = reader.next();
    if (next.chunk) {
      const auto piece = portion.cut(next.chunk->bytes);
      const bool sent = co_await send_piece(t, piece);
      if (!sent) co_return;
      continue;
    }
    if (next.state == Fill::State::done) break;
    bool goes_on = false;
    if (next.state == Fill::State::streaming)
      goes_on = co_await bell.wait(Clock::now() + kFillPatience);
    if (goes_on) continue;
    t.log.origin_error = "the body broke off";
    send_abort(t);
    co_return;
  }
  co_await send_end(t);
}

/// The head has come: the answer, head and body.
asio::awaitable<Followed> answer_from_fill(Transaction& t, Fill::Reader& reader, Bell& bell,
                                           std::string_view reason, const Handover* handover) {
  const auto head = reader.head();
  if (!handover && head->selected_by != selecting_values(head->vary, t.request().fields))
    co_return Followed::look_again;
  std::string status = handover ? handover->shield_status : std::string();
  status += "meridian; fwd=" + std::string(reason);
  if (handover) {
    t.cache_result = handover->confirmed ? CacheResult::revalidated : CacheResult::miss;
    status += "; fwd-status=" + std::to_string(handover->status) + "; stored";
    if (handover->from_disk) {
      t.cache_result = CacheResult::hit;
      status = "meridian; hit; detail=disk";
    }
  } else {
    t.cache_result = CacheResult::coalesced;
    status += "; collapsed";
  }
  auto portion =
      choose_portion(t.request(), *head, reader.length(), Body::streaming, WallClock::now());
  send_stored_head(t, *head, portion, status);
  co_await send_from_fill(t, reader, bell, std::move(portion));
  co_return Followed::answered;
}

RamTier::JoinRequest join_request(Transaction& t, const CacheQuery& query, const Found& found) {
  return {.key = t.worker.cache.key(query.key),
          .request = t.request().fields,
          .seen = found.object.get(),
          .site = t.site->purge_name,
          .alone = query.authorized || query.control.no_store,
          .narrow = asks_for_less(t.request().fields),
          .now = Clock::now()};
}

/// The stored response answers, though it is stale, for an origin that cannot. Not to another edge,
/// which would not know why it is stale; it has its own, or none.
bool stands_in(const Transaction& t, const CacheQuery& query, const Found& found) {
  // It may have been purged meanwhile.
  if (!found.object || t.peer || t.worker.cache.purged(*found.object) == Purged::hard) return false;
  const Freshness& freshness = found.object->head->freshness;
  return (!query.authorized || freshness.for_authorized) &&
         may_stand_in(freshness, query.control, WallClock::now());
}

}  // namespace

void refresh(Transaction& t, const CacheQuery& query, const Found& found) {
  const RamTier::Join join = t.worker.cache.join(join_request(t, query, found));
  if (!join.leads) return;
  const auto handover = start_fill(t, join.fill, found.object, query.control);
  handover->leader_waits = false;
}

asio::awaitable<Followed> coalesce(Transaction& t, const CacheQuery& query, const Found& found) {
  const RamTier::Join join = t.worker.cache.join(join_request(t, query, found));
  if (join.object || join.seen_is_gone) co_return Followed::look_again;
  if (!join.fill) co_return Followed::alone;
  const std::string_view reason = miss_reason(join, found);

  const auto bell = std::make_shared<Bell>(t.worker.loop.context);
  Fill::Reader reader(join.fill, *bell);
  std::shared_ptr<Handover> handover;
  if (join.leads) handover = start_fill(t, join.fill, found.object, query.control);
  const LeaderWaits waits(handover);
  const auto deadline = Clock::now() + (join.leads ? kFillPatience : kFollowerPatience);
  while (reader.state() == Fill::State::waiting) {
    const bool rung = co_await bell->wait(deadline);
    if (!rung) break;
  }
  if (!join.leads && reader.state() == Fill::State::waiting) {
    t.worker.counters.followers_gave_up.add();
    co_return Followed::alone;
  }
  if (handover) t.log.origin_time = handover->origin_time;

  const auto state = reader.state();
  if (state == Fill::State::not_shared) {
    // The whole response is of no use to somebody who wants a part of it.
    if (!handover || !handover->fetched || t.request().fields.has("range"))
      co_return Followed::alone;
    t.cache_result = CacheResult::pass;
    Fetched fetched = std::move(*handover->fetched);
    handover->fetched.reset();
    co_await relay(t, std::move(fetched), reason);
    co_return Followed::answered;
  }
  if (reader.head()) co_return co_await answer_from_fill(t, reader, *bell, reason, handover.get());
  t.cache_result = join.leads ? CacheResult::miss : CacheResult::coalesced;
  if (handover) t.log.origin_error = handover->error;
  const int status = state == Fill::State::waiting ? 504 : reader.failure_status();
  if (stands_in(t, query, found)) {
    co_await send_in_place(t, found, status);
    co_return Followed::answered;
  }
  co_await send_local(t, plain_answer(status));
  co_return Followed::answered;
}

}  // namespace meridian::edge
