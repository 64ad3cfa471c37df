#include "edge-node/request/store.h"

#include <array>
#include <utility>

#include "edge-node/cache/parts.h"
#include "edge-node/http/conditional.h"
#include "edge-node/http/date.h"
#include "edge-node/net/bell.h"
#include "edge-node/policy/update.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/send.h"

namespace meridian::edge {
namespace {

/// How long requests for a key that turned out not to be for the cache do not wait for each other.
constexpr std::chrono::seconds kApart{30};
/// A reader that takes nothing for so long is about to be closed by its own limits.
constexpr std::chrono::seconds kReaderPatience{60};
/// A disk that needs longer is no faster than an origin.
constexpr std::chrono::seconds kDiskPatience{5};
/// Bodies in smaller pieces than this are put together when they are stored.
constexpr std::size_t kSmallChunkBytes = 4096;

/// `place`: what it is to be stored by.
std::shared_ptr<StoredHead> make_head(const FillTask& task, const Fill& place,
                                      http::ResponseHead response, const ExchangeTimes& times) {
  auto head = std::make_shared<StoredHead>();
  const int status = head->status = response.status;
  head->version = response.version;
  http::Fields& fields = response.fields;
  http::strip_hop_by_hop(fields);
  scrub_origin_fields(fields);
  const auto directives = parse_response_directives(fields);
  for (const auto& name : directives.unstored_fields) fields.erase(name);
  head->freshness = make_freshness(status, fields, directives, task.policy, times);
  head->vary = parse_vary(fields);
  head->selected_by = selecting_values(head->vary, task.request);
  fields.erase("content-length");  // written anew with each answer
  fields.erase("age");
  // RFC 9110 section 6.6.1.
  if (!fields.has("date")) fields.add("Date", http::format_date(times.response));
  head->fields = std::move(fields);
  head->key = place.key();
  head->born = place.born();
  head->names = make_purge_names(task.fill->site(), head->fields);
  return head;
}

enum class Source : std::uint8_t { origin, disk };

ObjectPtr make_object(RamTier& cache, StoredHeadPtr head, std::vector<ChunkPtr> body,
                      Source source) {
  auto charge = cache.reserve(RamTier::head_bytes(*head) + body.size() * sizeof(ChunkPtr));
  if (!charge) return nullptr;
  auto object = std::make_shared<Object>();
  object->head = std::move(head);
  object->body = std::move(body);
  for (const auto& chunk : object->body) object->body_bytes += chunk->bytes.size();
  object->charge = std::move(*charge);
  object->in_second_tier = source == Source::disk;
  return object;
}

/// Many small pieces as few large ones; as they were when there is no room.
std::vector<ChunkPtr> put_together(RamTier& cache, std::vector<ChunkPtr> chunks) {
  std::size_t bytes = 0;
  for (const auto& chunk : chunks) bytes += chunk->bytes.size();
  if (chunks.size() < 2 || bytes / chunks.size() >= kSmallChunkBytes) return chunks;
  constexpr std::size_t kChunkBytes = 64 * 1024;
  std::vector<ChunkPtr> result;
  std::string gathered;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    gathered += chunks[i]->bytes;
    if (gathered.size() < kChunkBytes && i + 1 < chunks.size()) continue;
    auto chunk = cache.make_chunk(gathered);
    if (!chunk) return chunks;
    result.push_back(std::move(chunk));
    gathered.clear();
  }
  return result;
}

/// The origin says that the stored response is still good: it gets a new lease.
void confirm(FillTask& task, Fetched& fetched) {
  auto& response = fetched.exchange->head();
  http::strip_hop_by_hop(response.fields);
  response.status = task.stale->head->status;
  response.fields = updated_fields(task.stale->head->fields, response.fields);
  auto head = make_head(task, *task.fill, std::move(response), fetched.times);
  keep_connection(task.worker, fetched);
  task.fill->start(head, task.stale->body_bytes);
  for (const auto& chunk : task.stale->body) task.fill->append(chunk);
  if (auto object = make_object(task.worker.cache, head, task.stale->body, Source::origin)) {
    object->encoded.adopt(task.stale->encoded);
    task.worker.cache.complete(task.fill, std::move(object));
  } else {
    task.worker.cache.abandon(task.fill);
  }
  task.fill->end(Fill::State::done);
}

/// Of this one request: that of another for the same may be stored.
bool is_by_request(Store decision, const RequestDirectives& request) {
  return decision == Store::authorization || (decision == Store::no_store && request.no_store);
}

enum class Others : std::uint8_t { keep_apart, may_try };

/// Tells all who wait that the response is not for them; the first may have it.
void give_away(FillTask& task, Fetched fetched, Others others) {
  task.worker.counters.fills_not_stored.add();
  if (others == Others::keep_apart)
    task.worker.cache.mark_not_shared(task.fill, Clock::now() + kApart);
  else
    task.worker.cache.abandon(task.fill);
  if (task.handover->leader_waits) task.handover->fetched = std::move(fetched);
  task.fill->end(Fill::State::not_shared);
}

/// Until the slowest reader has moved on. False: nobody reads any more, or nothing moves.
asio::awaitable<bool> wait_for_readers(FillTask& task, Bell& bell) {
  const auto deadline = Clock::now() + kReaderPatience;
  while (!task.fill->has_room()) {
    if (!task.fill->has_readers()) co_return false;
    const bool rung = co_await bell.wait(deadline);
    if (!rung) co_return false;
  }
  co_return task.fill->has_readers();
}

/// How much of a body has come, and whether it is kept.
struct Intake {
  bool keeps = true;
  std::uint64_t bytes = 0;
};

/// A piece of the body into the fill, as long as it may be kept; then on to its readers only.
/// False: nobody waits for the rest.
asio::awaitable<bool> take_piece(FillTask& task, Bell& bell, Intake& intake,
                                 std::string_view bytes) {
  RamTier& cache = task.worker.cache;
  intake.bytes += bytes.size();
  ChunkPtr chunk = intake.keeps && intake.bytes <= task.policy.max_object_bytes
                       ? cache.make_chunk(bytes, *task.fill)
                       : nullptr;
  if (!chunk) {
    if (std::exchange(intake.keeps, false)) {
      if (task.fill->was_refused())
        cache.abandon(task.fill);
      else
        cache.mark_not_shared(task.fill, Clock::now() + kApart);
      task.fill->stop_keeping();
      task.worker.counters.fills_not_stored.add();
    }
    auto passing = std::make_shared<Chunk>();  // held by the window, whose size is bounded
    passing->bytes = bytes;
    chunk = std::move(passing);
  }
  task.fill->append(std::move(chunk));
  if (intake.keeps) co_return true;
  co_return co_await wait_for_readers(task, bell);
}

/// What a response is stored by, whatever it was asked for.
const FillPtr& place_of(const FillTask& task, const StoredHead& head) {
  return task.whole && !head.part ? task.whole : task.fill;
}

void store(FillTask& task, const FillPtr& place, ObjectPtr object) {
  if (!object) return task.worker.cache.abandon(place);
  const bool whole = !object->parts;
  const KeyRef key = place->key_ref();
  task.worker.cache.complete(place, std::move(object));
  // What is newer must not give way to what is older when it leaves the memory first.
  if (whole) task.worker.cache.erase_parts(key);
}

/// With the parts that are stored of the same body, if they are.
Parts with_stored_parts(FillTask& task, StoredHead& head, StoredPart newer) {
  RamTier& cache = task.worker.cache;
  Parts parts{.complete_bytes = head.part->body_bytes, .parts = {}};
  const ObjectPtr stored = cache.find(task.fill->key_ref(), task.request, task.fill->site());
  if (stored && stored->parts->complete_bytes == parts.complete_bytes &&
      http::same_strong_etag(stored->head->fields, head.fields)) {
    parts.parts = stored->parts->parts;
    head.fields = updated_fields(stored->head->fields, head.fields);
    head.names = make_purge_names(task.fill->site(), head.fields);
  }
  return combine(parts, std::move(newer), {.bytes = task.policy.max_object_bytes},
                 [&cache](std::string_view bytes) { return cache.make_chunk(bytes); });
}

/// What came of a body, with what is stored of it (RFC 9111 section 3.4).
void store_part(FillTask& task, const StoredHead& came) {
  RamTier& cache = task.worker.cache;
  StoredPart newer{.first = came.part->part.first, .bytes = 0, .chunks = task.fill->chunks()};
  newer.chunks = put_together(cache, std::move(newer.chunks));
  for (const auto& chunk : newer.chunks) newer.bytes += chunk->bytes.size();
  auto head = std::make_shared<StoredHead>(came);
  // What came is what counts, also with an origin that cannot count.
  const bool is_end = head->part->part.last + 1 == head->part->body_bytes;
  if (is_end) head->part->body_bytes = newer.first + newer.bytes;
  if (newer.bytes == 0 || (!is_end && newer.bytes != head->part->part.size()))
    return cache.abandon(task.fill);
  auto parts = std::make_shared<Parts>(with_stored_parts(task, *head, std::move(newer)));
  head->part.reset();
  if (is_whole(*parts)) {
    head->key = task.whole->key();
    auto object = make_object(cache, std::move(head), parts->parts.front().chunks, Source::origin);
    cache.abandon(task.fill);
    return store(task, task.whole, std::move(object));
  }
  std::size_t chunks = 0;
  for (const auto& part : parts->parts) chunks += part.chunks.size();
  auto charge = cache.reserve(RamTier::head_bytes(*head) + sizeof(Parts) +
                              parts->parts.size() * sizeof(StoredPart) + chunks * sizeof(ChunkPtr));
  if (!charge) return cache.abandon(task.fill);
  auto object = std::make_shared<Object>();
  object->head = std::move(head);
  object->body_bytes = parts->bytes();
  object->parts = std::move(parts);
  object->charge = std::move(*charge);
  store(task, task.fill, std::move(object));
}

/// Nothing more comes: what was kept becomes an object.
void finish(FillTask& task, const Intake& intake, StoredHeadPtr head, Source source,
            Fill::State end) {
  RamTier& cache = task.worker.cache;
  task.fill->set_writer(nullptr);
  if (intake.keeps && end != Fill::State::done) {
    cache.abandon(task.fill);
  } else if (intake.keeps && head->part) {
    store_part(task, *head);
  } else if (intake.keeps) {
    const auto& place = place_of(task, *head);
    auto body = put_together(cache, task.fill->chunks());
    store(task, place, make_object(cache, std::move(head), std::move(body), source));
  }
  task.fill->end(end);
}

/// The chunks of `task.parts` before the gap, or behind it.
void append_stored(FillTask& task, bool behind) {
  for (const auto& part : task.parts->parts->parts)
    if ((part.first > task.gap->first) == behind)
      for (const auto& chunk : part.chunks) task.fill->append(chunk);
}

asio::awaitable<void> stream_body(FillTask& task, Fetched& fetched, StoredHeadPtr head) {
  const auto bell = std::make_shared<Bell>(task.worker.loop.context);
  task.fill->set_writer(bell.get());
  Intake intake;
  if (task.gap) {
    intake.bytes = task.parts->body_bytes;
    append_stored(task, false);
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
  }
  if (task.gap && end == Fill::State::done) append_stored(task, true);
  if (end != Fill::State::done) task.worker.counters.origin_errors.add();
  if (intake.keeps && end == Fill::State::done) keep_connection(task.worker, fetched);
  finish(task, intake, std::move(head), Source::origin, end);
}

/// False: it takes too long; the read is not to be looked at any more.
asio::awaitable<bool> wait_for_disk(const disk::DiskRead& read, Bell& bell) {
  const auto deadline = Clock::now() + kDiskPatience;
  while (!read.is_ready()) {
    const bool rung = co_await bell.wait(deadline);
    if (!rung && !read.is_ready()) co_return false;
  }
  co_return true;
}

bool is_usable(const FillTask& task, const StoredHead& head) {
  return judge(head.freshness, task.control, WallClock::now()).use == Use::fresh &&
         (head.freshness.for_authorized || !task.request.has("authorization"));
}

/// The response from disk, when it is there and may be used as it is: a fill like from an origin,
/// so all who wait share it. False: ask the origin.
asio::awaitable<bool> fill_from_disk(FillTask& task) {
  disk::DiskTier* disk = task.worker.disk;
  if (!disk || task.stale || task.whole) co_return false;
  const auto read = disk->find(*task.fill->key());
  if (!read) co_return false;
  const auto bell = std::make_shared<Bell>(task.worker.loop.context);
  disk->ask_head(read, *task.fill->key(), task.request, task.fill->site(), bell);
  bool came = co_await wait_for_disk(*read, *bell);
  if (!came || !read->head() || !is_usable(task, *read->head())) co_return false;
  StoredHeadPtr head = read->head();
  bool more = !read->at_end();
  if (more) {  // before anybody is promised anything
    disk->ask_piece(read, bell);
    came = co_await wait_for_disk(*read, *bell);
    if (!came || read->piece().empty()) co_return false;
  }
  task.worker.counters.fills_from_disk.add();
  task.handover->from_disk = true;
  task.handover->status = head->status;
  task.fill->set_writer(bell.get());
  task.fill->start(head, read->body_bytes());
  Intake intake;
  Fill::State end = Fill::State::done;
  while (more) {
    const bool goes_on = co_await take_piece(task, *bell, intake, read->piece());
    more = goes_on && !read->at_end();
    if (!goes_on) end = Fill::State::failed;
    if (!more) break;
    disk->ask_piece(read, bell);
    came = co_await wait_for_disk(*read, *bell);
    if (came && !read->piece().empty()) continue;
    disk->erase(*task.fill->key());  // the next one asks the origin
    end = Fill::State::failed;
    break;
  }
  finish(task, intake, std::move(head), Source::disk, end);
  co_return true;
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
  const auto range = http::parse_content_range(response.fields.find("content-range").value_or(""));
  if (response.status != 206 || !range || range->part != *task.gap ||
      range->body_bytes != task.parts->parts->complete_bytes ||
      response.framing.kind != http::Framing::Kind::length ||
      response.framing.length != task.gap->size() ||
      !http::same_strong_etag(response.fields, task.parts->head->fields))
    return false;
  const auto fields = fields_of_whole(task, response.fields);
  return storable(task.request, 200, fields, parse_response_directives(fields), task.policy,
                  fetched.times.response) == Store::yes;
}

/// Asks for the whole after all, unless what is missing came, or all.
asio::awaitable<Fetched> fetch_for(FillTask& task) {
  Fetched fetched = co_await fetch(task.worker, task.plan);
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
/// cache, `others` says whether that is so for everybody.
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
    fields.erase("content-range");
    status = 200;
  }
  if (task.gap) {
    fields = fields_of_whole(task, std::move(fields));
    status = 200;
  }
  const auto decision = storable(task.request, status, fields, parse_response_directives(fields),
                                 task.policy, times.response);
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
  auto head = make_head(task, place, std::move(response), times);
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

asio::awaitable<void> fill_from_origin(FillTask& task) {
  const auto start = Clock::now();
  Fetched fetched = co_await fetch_for(task);
  task.handover->origin_time =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  task.handover->error = fetched.exchange ? std::string_view() : fetched.error;
  task.handover->shield_status = fetched.shield_status;
  if (!fetched.exchange) {
    task.worker.cache.abandon(task.fill);
    task.fill->end(Fill::State::failed, fetched.failure_status);
    co_return;
  }
  auto& response = fetched.exchange->head();
  task.handover->status = response.status;
  if (response.status == 304 && task.conditional) {
    task.handover->confirmed = true;
    confirm(task, fetched);
    co_return;
  }
  if (is_origin_failure(response.status) && task.stale &&
      may_stand_in(task.stale->head->freshness, task.control, WallClock::now())) {
    task.handover->error = "an error of the origin's, stale content stands in";
    task.worker.cache.abandon(task.fill);
    task.fill->end(Fill::State::failed, response.status);
    co_return;
  }
  const auto length = body_length(task, response.framing);
  Others others;
  StoredHeadPtr head = head_to_store(task, response, fetched.times, others);
  if (!head) {
    give_away(task, std::move(fetched), others);
    co_return;
  }
  task.fill->start(head, length);
  co_await stream_body(task, fetched, std::move(head));
}

}  // namespace

asio::awaitable<void> run_fill(FillTask task) {
  task.worker.counters.fills.add();
  const bool filled = co_await fill_from_disk(task);
  if (!filled) co_await fill_from_origin(task);
  if (!task.whole) co_return;
  task.worker.cache.abandon(task.whole);
  task.worker.cache.abandon(task.fill);
}

}  // namespace meridian::edge
