#include "edge-node/request/store.h"

#include <array>
#include <utility>

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
  head->freshness = make_freshness(status, fields, directives, task.site->cache, times);
  head->vary = parse_vary(fields);
  head->selected_by = selecting_values(head->vary, task.request);
  fields.erase("content-length");  // written anew with each answer
  fields.erase("age");
  head->fields = std::move(fields);
  head->key = task.fill->key();
  head->born = task.fill->born();
  head->names = make_purge_names(task.fill->site(), head->fields);
  return head;
}

ObjectPtr make_object(RamTier& cache, StoredHeadPtr head, std::vector<ChunkPtr> body) {
  auto charge = cache.reserve(RamTier::head_bytes(*head) + body.size() * sizeof(ChunkPtr));
  if (!charge) return nullptr;
  auto object = std::make_shared<Object>();
  object->head = std::move(head);
  object->body = std::move(body);
  for (const auto& chunk : object->body) object->body_bytes += chunk->bytes.size();
  object->charge = std::move(*charge);
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
  if (auto object = make_object(task.worker.cache, head, task.stale->body))
    task.worker.cache.complete(task.fill, std::move(object));
  else
    task.worker.cache.abandon(task.fill);
  task.fill->end(Fill::State::done);
}

/// Tells all who wait that the response is not for them; the first may have it.
void give_away(FillTask& task, Fetched fetched) {
  task.worker.counters.fills_not_stored.add();
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

/// The body into the fill, as long as it may be kept; then on to its readers only.
asio::awaitable<void> stream_body(FillTask& task, Fetched& fetched, StoredHeadPtr head) {
  RamTier& cache = task.worker.cache;
  const auto bell = std::make_shared<Bell>(task.worker.loop.context);
  task.fill->set_writer(bell.get());
  bool keeping = true;
  Fill::State end = Fill::State::failed;
  for (std::uint64_t total = 0;;) {
    const auto piece = co_await fetched.exchange->read_body(fetched.pool->between_bytes_timeout);
    if (piece.outcome != Io::ok) break;
    if (piece.bytes.empty()) {
      end = Fill::State::done;
      break;
    }
    total += piece.bytes.size();
    ChunkPtr chunk = keeping && total <= task.site->cache.max_object_bytes
                         ? cache.make_chunk(piece.bytes, *task.fill)
                         : nullptr;
    if (!chunk) {
      if (std::exchange(keeping, false)) {
        if (task.fill->was_refused())
          cache.abandon(task.fill);
        else
          cache.mark_not_shared(task.fill, Clock::now() + kApart);
        task.fill->stop_keeping();
        task.worker.counters.fills_not_stored.add();
      }
      auto passing = std::make_shared<Chunk>();  // held by the window, whose size is bounded
      passing->bytes = piece.bytes;
      chunk = std::move(passing);
    }
    task.fill->append(std::move(chunk));
    if (keeping) continue;
    const bool goes_on = co_await wait_for_readers(task, *bell);
    if (!goes_on) break;
  }
  task.fill->set_writer(nullptr);
  if (end != Fill::State::done) task.worker.counters.origin_errors.add();
  if (keeping && end == Fill::State::done) {
    keep_connection(task.worker, fetched);
    auto object = make_object(cache, std::move(head), put_together(cache, task.fill->chunks()));
    if (object)
      cache.complete(task.fill, std::move(object));
    else
      cache.abandon(task.fill);
  } else if (keeping) {
    cache.abandon(task.fill);
  }
  task.fill->end(end);
}

}  // namespace

asio::awaitable<void> run_fill(FillTask task) {
  task.worker.counters.fills.add();
  const auto start = Clock::now();
  Fetched fetched = co_await fetch(task.worker, task.plan);
  task.handover->origin_time =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  task.handover->error = fetched.exchange ? std::string_view() : fetched.error;
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
  const auto decision = storable(task.request, response.status, response.fields,
                                 parse_response_directives(response.fields), task.site->cache,
                                 fetched.times.response);
  std::optional<std::uint64_t> length;
  if (response.framing.kind == http::Framing::Kind::length) length = response.framing.length;
  if (response.framing.kind == http::Framing::Kind::none) length = 0;
  if (decision != Store::yes || length > task.site->cache.max_object_bytes) {
    give_away(task, std::move(fetched));
    co_return;
  }
  StoredHeadPtr head = make_head(task, response.status, std::move(response.fields), fetched.times);
  task.fill->start(head, length);
  co_await stream_body(task, fetched, std::move(head));
}

}  // namespace meridian::edge
