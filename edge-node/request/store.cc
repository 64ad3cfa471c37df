#include "edge-node/request/store.h"

#include <array>
#include <utility>

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

std::shared_ptr<StoredHead> make_head(const FillTask& task, int status, http::Fields fields,
                                      const ExchangeTimes& times) {
  auto head = std::make_shared<StoredHead>();
  head->status = status;
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
  head->key = task.fill->key();
  head->born = task.fill->born();
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
  auto head = make_head(task, task.stale->head->status,
                        updated_fields(task.stale->head->fields, response.fields), fetched.times);
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

/// Tells all who wait that the response is not for them; the first may have it.
void give_away(FillTask& task, Fetched fetched, Store decision) {
  task.worker.counters.fills_not_stored.add();
  if (is_by_request(decision, task.control))
    task.worker.cache.abandon(task.fill);
  else
    task.worker.cache.mark_not_shared(task.fill, Clock::now() + kApart);
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

/// Nothing more comes: what was kept becomes an object.
void finish(FillTask& task, const Intake& intake, StoredHeadPtr head, Source source,
            Fill::State end) {
  RamTier& cache = task.worker.cache;
  task.fill->set_writer(nullptr);
  if (intake.keeps) {
    ObjectPtr object;
    if (end == Fill::State::done)
      object =
          make_object(cache, std::move(head), put_together(cache, task.fill->chunks()), source);
    if (object)
      cache.complete(task.fill, std::move(object));
    else
      cache.abandon(task.fill);
  }
  task.fill->end(end);
}

asio::awaitable<void> stream_body(FillTask& task, Fetched& fetched, StoredHeadPtr head) {
  const auto bell = std::make_shared<Bell>(task.worker.loop.context);
  task.fill->set_writer(bell.get());
  Intake intake;
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
  if (!disk || task.stale) co_return false;
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

asio::awaitable<void> fill_from_origin(FillTask& task) {
  const auto start = Clock::now();
  Fetched fetched = co_await fetch(task.worker, task.plan);
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
  const auto decision =
      storable(task.request, response.status, response.fields,
               parse_response_directives(response.fields), task.policy, fetched.times.response);
  std::optional<std::uint64_t> length;
  if (response.framing.kind == http::Framing::Kind::length) length = response.framing.length;
  if (response.framing.kind == http::Framing::Kind::none) length = 0;
  if (decision != Store::yes || length > task.policy.max_object_bytes) {
    give_away(task, std::move(fetched), decision);
    co_return;
  }
  StoredHeadPtr head = make_head(task, response.status, std::move(response.fields), fetched.times);
  task.fill->start(head, length);
  co_await stream_body(task, fetched, std::move(head));
}

}  // namespace

asio::awaitable<void> run_fill(FillTask task) {
  task.worker.counters.fills.add();
  const bool filled = co_await fill_from_disk(task);
  if (!filled) co_await fill_from_origin(task);
}

}  // namespace meridian::edge
