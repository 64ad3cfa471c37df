#include "edge-node/request/store.h"

#include <utility>

#include "edge-node/cache/parts.h"
#include "edge-node/http/conditional.h"
#include "edge-node/http/date.h"
#include "edge-node/http/token.h"
#include "edge-node/net/bell.h"
#include "edge-node/policy/update.h"
#include "edge-node/request/disk_fill.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/intake.h"
#include "edge-node/request/send.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {

std::shared_ptr<StoredHead> make_head(const Fill& place, const CachePolicy& policy,
                                      const http::Fields& request, http::ResponseHead& response,
                                      const ResponseDirectives& directives,
                                      const ExchangeTimes& times) {
  auto head = std::make_shared<StoredHead>();
  const int status = head->status = response.status;
  head->version = response.version;
  http::Fields& fields = response.fields;
  http::strip_hop_by_hop(fields);
  scrub_origin_fields(fields);
  for (const auto& name : directives.unstored_fields) fields.erase(name);
  head->freshness = make_freshness(status, fields, directives, policy, times);
  head->vary = parse_vary(fields);
  head->selected_by = selecting_values(head->vary, request);
  fields.erase("content-length");  // written anew with each answer
  fields.erase("age");
  // RFC 9110 section 6.6.1.
  if (!fields.has("date")) fields.add("Date", http::format_date(times.response));
  head->fields = fields.packed();
  head->key = place.key();
  head->born = place.born();
  head->names = make_purge_names(place.site(), head->fields);
  return head;
}

namespace {

/// Of this one request: that of another for the same may be stored.
bool is_by_request(Store decision, const RequestDirectives& request) {
  return decision == Store::authorization || (decision == Store::no_store && request.no_store);
}

enum class Others : std::uint8_t { keep_apart, may_try };

/// Others do not get what came: what is stored is over, if the origin has no more of it for all.
void stop_sharing(FillTask& task, Others others) {
  RamTier& cache = task.worker.cache;
  task.worker.counters.fills_not_stored.add();
  if (others == Others::may_try) return (void)cache.abandon(task.fill);
  const bool was_stored = task.stale || task.on_disk;
  if (was_stored && is_origins_word(task.handover->status))
    cache.erase(task.fill->key_ref(), task.fill.get());
  cache.mark_not_shared(task.fill, Clock::now() + kApart);
}

/// What is stored is confirmed, but not for the cache any more. Who waits goes to the origin, and
/// the leader, for whom it is, goes on with a fill that nobody else finds.
void leave_to_leader(FillTask& task, Others others) {
  stop_sharing(task, others);
  const FillPtr shared = std::exchange(
      task.fill, std::make_shared<Fill>(Fill::Purpose{.key = task.fill->key(),
                                                      .key_hash = task.fill->key_ref().hash,
                                                      .site = task.fill->site(),
                                                      .vary = {},
                                                      .selected_by = {},
                                                      .part = {},
                                                      .born = task.fill->born()}));
  task.handover->alone = true;
  task.handover->own = task.fill;
  shared->end(Fill::State::not_shared);
}

const StoredHead& stored_head(const FillTask& task) {
  return task.stale ? *task.stale->head : *task.on_disk->head();
}

/// The origin says that the stored response is still good: it gets a new lease, unless the origin
/// also says that it is not for all any more.
std::shared_ptr<StoredHead> confirmed_head(FillTask& task, Fetched& fetched) {
  const StoredHead& stored = stored_head(task);
  auto& response = fetched.exchange->head();
  http::strip_hop_by_hop(response.fields);
  for (std::size_t i = 0; i < response.fields.size(); ++i)
    if (http::same_word(response.fields[i].name, "set-cookie"))
      task.handover->cookies.emplace_back(response.fields[i].value);
  response.status = stored.status;
  response.fields = updated_fields(stored.fields, response.fields);
  const auto directives = parse_response_directives(response.fields);
  const auto decision = storable(task.request, stored.status, response.fields, directives,
                                 task.policy, fetched.times.response);
  auto head = make_head(*task.fill, task.policy, task.request, response, directives, fetched.times);
  keep_connection(task.worker, fetched, Clock::now());
  if (decision != Store::yes)
    leave_to_leader(task,
                    is_by_request(decision, task.control) ? Others::may_try : Others::keep_apart);
  return head;
}

void confirm(FillTask& task, Fetched& fetched) {
  RamTier& cache = task.worker.cache;
  const auto head = confirmed_head(task, fetched);
  (void)announce(cache, task.fill, head, task.stale->body_bytes);  // its body is kept already
  for (const auto& chunk : task.stale->body) task.fill->append(chunk);
  ObjectPtr object;
  if (!task.handover->alone) object = make_object(cache, head, task.stale->body, Source::origin);
  if (object) {
    object->encoded.adopt(task.stale->encoded);
    cache.complete(task.fill, std::move(object));
  } else {
    cache.abandon(task.fill);
  }
  task.fill->end(Fill::State::done);
}

void ask_without_condition(FillTask& task) {
  task.conditional = false;
  task.handover->cookies.clear();
  ask_for_whole(task.plan.fields);
}

/// The same of what lies on disk. False: that cannot be read; it is not asked about any more.
asio::awaitable<bool> confirm_there(FillTask& task, Fetched fetched) {
  StoredHeadPtr head = confirmed_head(task, fetched);
  fetched = Fetched();
  if (task.handover->alone && !task.handover->leader_waits) co_return true;
  const bool confirmed = co_await confirm_on_disk(task, std::move(head));
  if (confirmed) co_return true;
  task.worker.disk->erase(*task.fill->key());
  ask_without_condition(task);
  co_return false;
}

/// Tells all who wait that the response is not for them; the first may have it.
void give_away(FillTask& task, Fetched fetched, Others others) {
  stop_sharing(task, others);
  fetched.refill.leave();  // it may last as long as its visitor likes
  if (task.handover->leader_waits) task.handover->fetched = std::move(fetched);
  task.fill->end(Fill::State::not_shared);
}

/// The chunks of `task.parts` before the gap, or behind it.
void append_stored(FillTask& task, Intake& intake, bool behind) {
  for (const auto& part : task.parts->parts->parts)
    if ((part.first > task.gap->first) == behind)
      for (const auto& chunk : part.chunks) take_stored(task, intake, chunk);
}

asio::awaitable<void> stream_body(FillTask& task, Fetched& fetched, Intake intake) {
  const auto bell = std::make_shared<Bell>(task.worker.loop.context);
  task.fill->set_writer(bell.get());
  if (!intake.keeps) {
    task.worker.counters.fills_not_stored.add();
    task.worker.cache.abandon(task.fill);
    task.fill->stop_keeping();
  }
  if (task.gap) {
    intake.bytes = task.parts->body_bytes;
    append_stored(task, intake, false);
  }
  Fill::State end = Fill::State::failed;
  for (;;) {
    const auto piece = co_await fetched.read_body();
    if (piece.outcome != Io::ok) break;
    if (piece.bytes.empty()) {
      end = Fill::State::done;
      break;
    }
    const bool goes_on = co_await take_piece(task, *bell, intake, piece.bytes);
    if (!goes_on) break;
    if (!intake.keeps) fetched.refill.leave();  // from now on its readers decide how fast it is
  }
  if (task.gap && end == Fill::State::done) append_stored(task, intake, true);
  if (end != Fill::State::done) task.worker.counters.origin_errors.add();
  if (end == Fill::State::done) keep_connection(task.worker, fetched, Clock::now());
  finish(task, intake, end);
}

/// The fields of the whole that a response with what is missing makes.
http::Fields fields_of_whole(const FillTask& task, http::Fields newer) {
  http::strip_hop_by_hop(newer);
  newer.erase("content-range");
  return updated_fields(task.parts->head->fields, newer);
}

/// The response is what is missing between the parts that are stored, and may be stored with them.
bool fits_gap(const FillTask& task, const Fetched& fetched) {
  const auto& response = fetched.exchange->head();
  if (response.fields.has("set-cookie")) return false;  // it would get lost
  const auto range = http::parse_content_range(response.fields.find("content-range").value_or(""));
  if (response.status != 206 || !range || range->part != *task.gap ||
      range->body_bytes != task.parts->parts->complete_bytes ||
      response.framing.kind != http::Framing::Kind::length ||
      response.framing.length != task.gap->size() ||
      !http::same_strong_validator(response.fields, task.parts->head->fields,
                                   fetched.times.response))
    return false;
  const auto fields = fields_of_whole(task, response.fields);
  return storable(task.request, 200, fields, parse_response_directives(fields), task.policy,
                  fetched.times.response) == Store::yes;
}

/// Asks for the whole after all, unless what is missing came, or all.
asio::awaitable<Fetched> fetch_for(FillTask& task) {
  Fetched fetched = co_await fetch(task.worker, task.plan, &task.begun);
  if (!task.gap || !fetched.exchange || fits_gap(task, fetched)) co_return fetched;
  task.gap.reset();
  const int status = fetched.exchange->head().status;
  if (status != 206 && status != 416) co_return fetched;
  ask_for_whole(task.plan.fields);
  fetched = Fetched();
  fetched = co_await fetch(task.worker, task.plan);
  co_return fetched;
}

/// The head that is to be stored for a response, and told to who waits. Null: it is not for the
/// cache, and as it was; `others` says whether that is so for everybody.
StoredHeadPtr head_to_store(const FillTask& task, http::ResponseHead& response,
                            const ExchangeTimes& times, Others& others) {
  auto& fields = response.fields;
  others = Others::keep_apart;
  int status = response.status;
  std::optional<http::ContentRange> part;
  if (task.whole && (status == 206 || status == 416)) {
    part = http::parse_content_range(fields.find("content-range").value_or(""));
    if (status != 206 || !part) others = Others::may_try;
    if (others == Others::may_try) return nullptr;
    status = 200;
  }
  if (task.gap) {
    fields = fields_of_whole(task, std::move(fields));
    status = 200;
  }
  const auto directives = parse_response_directives(fields);
  const auto decision =
      storable(task.request, status, fields, directives, task.policy, times.response);
  if (decision != Store::yes) {
    if (is_by_request(decision, task.control)) others = Others::may_try;
    return nullptr;
  }
  if (response.framing.kind == http::Framing::Kind::length &&
      response.framing.length > task.policy.max_object_bytes) {
    if (part) others = Others::may_try;
    return nullptr;
  }
  const Fill& place = task.whole && !part ? *task.whole : *task.fill;
  response.status = status;
  if (part) fields.erase("content-range");
  auto head = make_head(place, task.policy, task.request, response, directives, times);
  head->part = part;
  return head;
}

/// Of the body that readers get.
std::optional<std::uint64_t> body_length(const FillTask& task, const http::Framing& framing) {
  if (task.gap) return task.parts->parts->complete_bytes;
  if (framing.kind == http::Framing::Kind::length) return framing.length;
  if (framing.kind == http::Framing::Kind::none) return 0;
  return std::nullopt;
}

/// What is stored may answer in place of a failing origin.
bool has_substitute(const FillTask& task) {
  if (!task.stale && !task.on_disk) return false;
  return may_stand_in(stored_head(task).freshness, task.control, WallClock::now());
}

/// Without a response; what is stored is at hand where all who wait look next.
asio::awaitable<void> fail(FillTask& task, int status) {
  if (task.on_disk && has_substitute(task)) co_await load_stale(task);
  task.worker.cache.abandon(task.fill);
  task.fill->end(Fill::State::failed, status);
}

/// False: once more, since what the origin confirms cannot be read, or is not what is stored.
asio::awaitable<bool> fill_from_origin(FillTask& task) {
  const auto start = Clock::now();
  Fetched fetched = co_await fetch_for(task);
  task.handover->origin_time =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  task.handover->error = fetched.exchange ? std::string_view() : fetched.error;
  task.handover->visit = fetched.visit;
  note_visit(task.worker, *task.site, fetched.visit);
  task.handover->shield_status = fetched.shield_status;
  if (!fetched.exchange) {
    co_await fail(task, fetched.failure_status);
    co_return true;
  }
  auto& response = fetched.exchange->head();
  const int status = task.handover->status = response.status;
  if (status == 304 && task.conditional) {
    if (!confirms(stored_head(task).fields, response.fields)) {
      keep_connection(task.worker, fetched, Clock::now());
      ask_without_condition(task);
      co_return false;
    }
    task.handover->confirmed = true;
    if (task.on_disk) {
      const bool confirmed = co_await confirm_there(task, std::move(fetched));
      task.handover->confirmed = confirmed;
      co_return confirmed;
    }
    confirm(task, fetched);
    co_return true;
  }
  if (is_origin_failure(status) && has_substitute(task)) {
    task.handover->error = "an error of the origin's, stale content stands in";
    co_await fail(task, status);
    co_return true;
  }
  const auto length = body_length(task, response.framing);
  Others others;
  StoredHeadPtr head = head_to_store(task, response, fetched.times, others);
  if (!head) {
    give_away(task, std::move(fetched), others);
    co_return true;
  }
  Intake intake{.head = head, .length = length};
  intake.keeps = announce(task.worker.cache, task.fill, head, length);
  co_await stream_body(task, fetched, std::move(intake));
  co_return true;
}

}  // namespace

asio::awaitable<void> run_fill(FillTask task) {
  task.worker.counters.fills.add();
  bool filled = false;
  if (!task.begun.asked_at) filled = co_await fill_from_disk(task);
  for (int i = 0; i < 2 && !filled; ++i) filled = co_await fill_from_origin(task);
  if (!task.whole) co_return;
  task.worker.cache.abandon(task.whole);
  task.worker.cache.abandon(task.fill);
}

namespace {

/// The memory has no room for a response: it goes to who waits, and to disk if it was asked for
/// before.
void hand_on(WorkerContext& worker, const FillPtr& fill, const StoredHeadPtr& head,
             std::string_view body) {
  RamTier& cache = worker.cache;
  auto passing = std::make_shared<Chunk>();
  passing->bytes = body;
  disk::DiskWritePtr to_disk;
  if (worker.disk && cache.worth(fill->key_ref()) >= 2)
    to_disk = worker.disk->begin(head, body.size());
  const bool elsewhere = to_disk || fill->was_refused();
  // False: it was erased meanwhile.
  const bool wanted =
      elsewhere ? cache.abandon(fill) : cache.mark_not_shared(fill, Clock::now() + kApart);
  if (to_disk)
    worker.disk->end(to_disk, wanted && worker.disk->append(to_disk, passing));
  else
    worker.counters.fills_not_stored.add();
  fill->stop_keeping();
  fill->append(std::move(passing));
}

}  // namespace

StoredHeadPtr store_whole(WorkerContext& worker, const FillPtr& fill, const CachePolicy& policy,
                          const http::RequestHead& request, const WholeResponse& response) {
  RamTier& cache = worker.cache;
  const auto directives = parse_response_directives(response.head.fields);
  const auto decision = storable(request.fields, response.head.status, response.head.fields,
                                 directives, policy, response.times.response);
  if (decision != Store::yes || response.body.size() > policy.max_object_bytes) {
    worker.counters.fills_not_stored.add();
    cache.mark_not_shared(fill, response.now + kApart);
    fill->end(Fill::State::not_shared);
    return nullptr;
  }
  const StoredHeadPtr head =
      make_head(*fill, policy, request.fields, response.head, directives, response.times);
  (void)announce(cache, fill, head, response.body.size());  // it is small
  std::vector<ChunkPtr> body;
  if (!response.body.empty()) body.push_back(cache.make_chunk(response.body, *fill));
  if (!body.empty() && !body.front()) {
    hand_on(worker, fill, head, response.body);
  } else {
    for (const auto& chunk : body) fill->append(chunk);
    keep(cache, fill, make_object(cache, head, std::move(body), Source::origin));
  }
  fill->end(Fill::State::done);
  return head;
}

}  // namespace meridian::edge
