#include "edge-node/request/coalesce.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "edge-node/cache/parts.h"
#include "edge-node/http/conditional.h"
#include "edge-node/net/bell.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/pass.h"
#include "edge-node/request/send.h"
#include "edge-node/request/store.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

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

/// A place in a fill, or what takes its place.
struct Joined {
  RamTier::Join join;
  bool is_part = false;  // a fill for the range that is asked for
  FillPtr whole{};       // leads for a part: what the whole would be stored by
  ObjectPtr parts{};     // that are stored
};

ObjectPtr find_parts(Transaction& t, const CacheQuery& query) {
  if (!t.worker.cache.has_parts()) return nullptr;
  const std::string key = parts_key(query.key);
  return t.worker.cache.find(t.worker.cache.key(key), t.request().fields, t.site->purge_name);
}

/// Asks only for what is missing, if it is one piece and what is there is known by its bytes
/// (RFC 9111 section 3.4).
void ask_for_rest(FillTask& task, ObjectPtr parts) {
  const auto validator = http::strong_validator(parts->head->fields, WallClock::now());
  if (validator.empty()) return;
  if (parts->parts->complete_bytes > task.policy.max_object_bytes) return;
  task.gap = parts->parts->only_gap();
  if (!task.gap) return;
  const http::SingleRange range{task.gap->first, task.gap->last};
  task.plan.fields.set("Range", range.text());
  task.plan.fields.set("If-Range", validator);
  task.parts = std::move(parts);
}

/// `bell` is the leader's; null: it does not wait.
std::shared_ptr<Handover> start_fill(Transaction& t, const CacheQuery& query, const Joined& joined,
                                     ObjectPtr stale, std::shared_ptr<Bell> bell,
                                     Fetched* begun = nullptr) {
  auto handover = std::make_shared<Handover>();
  handover->bell = std::move(bell);
  const std::string& whole_key = joined.whole ? *joined.whole->key() : *joined.join.fill->key();
  FillTask task{.worker = t.worker,
                .snapshot = t.snapshot,
                .site = t.site,
                .fill = joined.join.fill,
                .plan = {.pool = t.pool(),
                         .method = "GET",
                         .target = t.request().target,
                         .fields = forward_fields(t),
                         .framing = {},
                         .interim = handover.get(),
                         .route = route_of(t),
                         .shield = shield_of(t, whole_key)},
                .request = t.request().fields,
                .control = query.control,
                .policy = t.ruling.cache.apply_to(t.site->cache),
                .stale = std::move(stale),
                .whole = joined.whole,
                .parts = {},
                .gap = {},
                .handover = handover,
                .begun = {}};
  task.plan.refill = t.worker.refills.holds(t.site->purge_name, Clock::now());
  if (begun) task.begun = std::move(*begun);
  if (joined.is_part) {
    ask_for_part(task.plan.fields, *query.range);
  } else {
    ask_for_whole(task.plan.fields);
    if (task.stale)
      task.conditional = ask_if_changed(task.plan.fields, *task.stale->head);
    else if (joined.parts)
      ask_for_rest(task, joined.parts);
  }
  asio::co_spawn(t.worker.loop.context, run_fill(std::move(task)), asio::detached);
  return handover;
}

std::string_view miss_reason(const Joined& joined, const Found& found) {
  if (found.object) return forward_reason(found);
  if (joined.parts) return "partial";
  return joined.join.variant_miss ? "vary-miss" : "uri-miss";
}

asio::awaitable<void> send_interims(Transaction& t, Handover& handover) {
  auto interims = std::exchange(handover.interim, {});
  for (auto& interim : interims) co_await send_interim(t, std::move(interim));
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
    if (next.state == Fill::State::parted)
      t.worker.counters.timeouts.add();
    else
      t.log.origin_error = "the body broke off";
    send_abort(t);
    co_return;
  }
  co_await send_end(t);
}

/// With cookies that are for this visitor alone. Another edge would take them for everybody's.
StoredHeadPtr with_cookies(const Transaction& t, const StoredHead& stored,
                           const std::vector<std::string>& cookies) {
  auto head = std::make_shared<StoredHead>(stored);
  if (!t.peer)
    for (const auto& cookie : cookies) head->fields.add("Set-Cookie", cookie);
  return head;
}

/// The head has come: the answer, head and body.
asio::awaitable<Followed> answer_from_fill(Transaction& t, Fill::Reader& reader, Bell& bell,
                                           std::string_view reason, const Handover* handover) {
  StoredHeadPtr head = reader.head();
  // It came for the leader, and must be validated for others; or it is another variant than theirs.
  if (!handover && !is_reusable(head->freshness)) co_return Followed::look_again;
  if (!handover && head->selected_by != selecting_values(head->vary, t.request().fields))
    co_return Followed::look_again;
  std::string status = handover ? handover->shield_status : std::string();
  if (handover && handover->was_stale) reason = "stale";
  status += "meridian; fwd=" + std::string(reason);
  if (handover) {
    t.cache_result = handover->confirmed ? CacheResult::revalidated : CacheResult::miss;
    status += "; fwd-status=" + std::to_string(handover->status);
    if (!handover->alone) status += "; stored";
    if (handover->from_disk) {
      t.cache_result = CacheResult::hit;
      status = "meridian; hit; detail=disk";
    }
  } else {
    t.cache_result = CacheResult::coalesced;
    status += "; collapsed";
  }
  if (handover && !handover->cookies.empty()) head = with_cookies(t, *head, handover->cookies);
  auto portion =
      choose_portion(t.request(), *head, reader.length(), Body::streaming, WallClock::now());
  send_stored_head(t, *head, portion, status);
  co_await send_from_fill(t, reader, bell, std::move(portion));
  co_return Followed::answered;
}

RamTier::JoinRequest join_request(Transaction& t, const CacheQuery& query, const Found& found,
                                  Instant now) {
  return {.key = t.worker.cache.key(query.key),
          .request = t.request().fields,
          .seen = found.object.get(),
          .site = t.site->purge_name,
          .alone = query.authorized || query.control.no_store,
          .narrow = asks_for_less(t.request().fields),
          .counted = query.counted,
          .now = now};
}

/// A fill for the part that is asked for, and a claim for the whole in case that it comes instead.
Joined join_part(Transaction& t, const CacheQuery& query, const Found& found) {
  RamTier& cache = t.worker.cache;
  Joined joined{.join = {}, .is_part = true, .parts = find_parts(t, query)};
  const std::string key = parts_key(query.key);
  const std::string part =
      query.range->text() + '\n' + std::string(t.request().fields.find("if-range").value_or(""));
  auto wanted = join_request(t, query, found, Clock::now());
  wanted.key = cache.key(key);
  wanted.seen = joined.parts.get();
  wanted.part = part;
  wanted.counted = false;  // for the parts
  joined.join = cache.join(wanted);
  if (!joined.join.leads) return joined;
  auto claim = join_request(t, query, found, Clock::now());
  claim.alone = true;
  claim.narrow = false;
  auto claimed = cache.join(claim);
  joined.whole = std::move(claimed.fill);
  if (joined.whole) return joined;
  cache.abandon(joined.join.fill);
  joined.join.fill->end(Fill::State::not_shared);
  joined.join = std::move(claimed);
  return joined;
}

Joined join_any(Transaction& t, CacheQuery& query, const Found& found) {
  RamTier& cache = t.worker.cache;
  auto wanted = join_request(t, query, found, Clock::now());
  query.counted = true;
  // There it is whole, and a part of it is worth a fill.
  const bool on_disk = wanted.narrow && t.worker.disk && t.worker.disk->find(query.key);
  wanted.narrow = wanted.narrow && !on_disk;
  if (query.far && !found.object && !on_disk) {
    wanted.follow_only = true;
    Joined whole{.join = cache.join(wanted)};
    const auto& join = whole.join;
    if (join.fill || join.object || join.seen_is_gone || join.crowded) return whole;
    return join_part(t, query, found);
  }
  Joined joined{.join = cache.join(wanted)};
  const auto& join = joined.join;
  if (!join.fill && !join.object && !join.seen_is_gone && !join.crowded && query.range)
    return join_part(t, query, found);
  if (join.leads && !found.object) joined.parts = find_parts(t, query);
  return joined;
}

/// What is stored of the range that is asked for, in case that the origin cannot answer.
Found parts_instead(Transaction& t, const Joined& joined) {
  Found found;
  if (joined.parts && holds_portion(*joined.parts, t.request(), WallClock::now()))
    found.object = joined.parts;
  return found;
}

}  // namespace

/// Not to another edge, which would not know why it is stale; it has its own, or none.
bool stands_in(const Transaction& t, const CacheQuery& query, const Found& found) {
  // It may have been purged meanwhile.
  if (!found.object || t.peer || t.worker.cache.purged(*found.object) == Purged::hard) return false;
  const Freshness& freshness = found.object->head->freshness;
  return (!query.authorized || freshness.for_authorized) &&
         may_stand_in(freshness, query.control, WallClock::now());
}

void refresh(Transaction& t, const CacheQuery& query, const Found& found) {
  if (query.control.no_store) return;  // nothing of what comes would be stored
  auto wanted = join_request(t, query, found, Clock::now());
  wanted.refreshes = true;
  const Joined joined{.join = t.worker.cache.join(wanted)};
  if (!joined.join.leads) return;
  const auto handover = start_fill(t, query, joined, found.object, nullptr);
  handover->leader_waits = false;
}

namespace {

/// The answer, by the fill that was joined.
asio::awaitable<Followed> follow(Transaction& t, CacheQuery& query, const Found& found,
                                 const Joined& joined, Fetched* begun) {
  const RamTier::Join& join = joined.join;
  const std::string_view reason = miss_reason(joined, found);

  const auto bell = std::make_shared<Bell>(t.worker.loop.context);
  // At a shield a reader is all visitors of an edge, the slowest of whom is alone there perhaps.
  const bool may_be_parted = !t.peer;
  std::optional<Fill::Reader> reader(std::in_place, join.fill, *bell, may_be_parted);
  std::shared_ptr<Handover> handover;
  Found instead = joined.is_part ? parts_instead(t, joined) : found;
  if (join.leads) handover = start_fill(t, query, joined, instead.object, bell, begun);
  const LeaderWaits waits(handover);
  const auto now = Clock::now();
  const bool patient = join.leads || t.worker.refills.holds(t.site->purge_name, now);
  const auto deadline = now + (patient ? kFillPatience : kFollowerPatience);
  for (;;) {
    if (handover) co_await send_interims(t, *handover);
    if (handover && handover->own)
      reader.emplace(std::exchange(handover->own, nullptr), *bell, may_be_parted);
    if (reader->state() != Fill::State::waiting) break;
    const bool rung = co_await bell->wait(deadline);
    if (!rung) break;
  }
  if (!join.leads && reader->state() == Fill::State::waiting) {
    t.worker.counters.followers_gave_up.add();
    co_return Followed::alone;
  }
  if (handover) {
    t.log.origin_time = handover->origin_time;
    t.visit = handover->visit;
  }

  const auto state = reader->state();
  if (state == Fill::State::parted) co_return Followed::alone;
  if (state == Fill::State::not_shared) {
    // The whole response is of no use to somebody who wants a part of it.
    const bool of_use = joined.is_part || !t.request().fields.has("range");
    if (!of_use && query.range && !std::exchange(query.far, true)) co_return Followed::look_again;
    if (!of_use || !handover || !handover->fetched) co_return Followed::alone;
    t.cache_result = CacheResult::pass;
    Fetched fetched = std::move(*handover->fetched);
    handover->fetched.reset();
    co_await relay(t, std::move(fetched), reason);
    co_return Followed::answered;
  }
  if (reader->head())
    co_return co_await answer_from_fill(t, *reader, *bell, reason, handover.get());
  t.cache_result = join.leads ? CacheResult::miss : CacheResult::coalesced;
  if (handover) t.log.origin_error = handover->error;
  const int status = state == Fill::State::waiting ? 504 : reader->failure_status();
  if (!instead.object) instead = look_up(t, query);  // it may have come from disk
  if (stands_in(t, query, instead)) {
    co_await send_in_place(t, instead, status);
    co_return Followed::answered;
  }
  co_await send_local(t, plain_answer(status));
  co_return Followed::answered;
}

}  // namespace

asio::awaitable<Followed> coalesce(Transaction& t, CacheQuery& query, const Found& found) {
  const Joined joined = join_any(t, query, found);
  if (joined.join.object || joined.join.seen_is_gone) co_return Followed::look_again;
  if (!joined.join.fill) co_return Followed::alone;
  co_return co_await follow(t, query, found, joined, nullptr);
}

bool is_under_way(Transaction& t, const CacheQuery& query) {
  auto wanted = join_request(t, query, Found(), Clock::now());
  wanted.follow_only = wanted.counted = true;
  const auto join = t.worker.cache.join(wanted);
  return join.fill || join.object;
}

std::optional<RamTier::Join> lead(Transaction& t, const CacheQuery& query, Instant now) {
  if (t.worker.disk && t.worker.disk->find(query.key)) return std::nullopt;
  if (find_parts(t, query)) return std::nullopt;
  auto wanted = join_request(t, query, Found(), now);
  wanted.lead_only = true;
  auto join = t.worker.cache.join(wanted);
  if (!join.leads) return std::nullopt;
  return join;
}

asio::awaitable<void> carry_on(Transaction& t, CacheQuery& query, const RamTier::Join& lead,
                               Fetched& begun) {
  const Joined joined{.join = lead};
  const Found nothing;
  const auto followed = co_await follow(t, query, nothing, joined, &begun);
  if (followed != Followed::answered) co_await pass(t, "uri-miss", query.key);
}

}  // namespace meridian::edge
