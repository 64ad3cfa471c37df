#include "edge-node/request/intake.h"

#include <utility>

#include "edge-node/cache/parts.h"
#include "edge-node/http/conditional.h"
#include "edge-node/policy/update.h"

namespace meridian::edge {
namespace {

/// Bodies in smaller pieces than this are put together when they are stored.
constexpr std::size_t kSmallChunkBytes = 4096;

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

/// Until there is room for more. False: nobody reads any more, or nothing moves.
asio::awaitable<bool> wait_for_readers(Fill& fill, Bell& bell, Patience& patience) {
  patience.begin(Clock::now());
  for (;;) {
    const auto window = fill.window();
    const auto verdict = patience.judge(window, Clock::now());
    if (window.has_room || !window.has_readers) co_return window.has_readers;
    if (verdict == Patience::Verdict::give_up) co_return false;
    if (verdict == Patience::Verdict::part) fill.part_with_slowest();
    (void)co_await bell.wait(patience.deadline());
  }
}

/// What a response is stored by, whatever it was asked for.
const FillPtr& place_of(const FillTask& task, const StoredHead& head) {
  return task.whole && !head.part ? task.whole : task.fill;
}

/// What the memory does not take goes to disk, if it was asked for before; what has come of it too.
void go_to_disk(FillTask& task, Intake& intake) {
  const KeyRef key = place_of(task, *intake.head)->key_ref();
  if (!task.worker.disk || intake.source == Source::disk || intake.head->part ||
      intake.length.value_or(intake.bytes) > task.policy.max_object_bytes ||
      task.worker.cache.worth(key) < 2)
    return;
  intake.to_disk = task.worker.disk->begin(intake.head, intake.length);
}

void end_on_disk(FillTask& task, Intake& intake, bool whole) {
  if (const auto write = std::exchange(intake.to_disk, nullptr))
    task.worker.disk->end(write, whole);
}

/// What it does not take, since it is too much or too fast, is not kept there either.
void append_on_disk(FillTask& task, Intake& intake, const ChunkPtr& chunk) {
  if (!intake.to_disk) return;
  const bool taken = intake.bytes <= task.policy.max_object_bytes &&
                     task.worker.disk->append(intake.to_disk, chunk);
  if (!taken) end_on_disk(task, intake, false);
}

/// Of what was kept until now there is no more room in memory.
void stop_keeping(FillTask& task, Intake& intake) {
  RamTier& cache = task.worker.cache;
  intake.keeps = false;
  go_to_disk(task, intake);
  const bool elsewhere = intake.to_disk || task.fill->was_refused();
  const Instant until = elsewhere ? Instant() : Clock::now() + kApart;
  const FillPtr& place = place_of(task, *intake.head);
  const bool wanted = cache.mark_not_shared(place, until);
  if (place != task.fill) cache.abandon(task.fill);
  if (intake.to_disk) {
    // Since before the cache was told: an erasure comes to one of the two.
    if (!wanted) end_on_disk(task, intake, false);
    for (const auto& chunk : task.fill->chunks()) append_on_disk(task, intake, chunk);
  } else if (intake.source == Source::origin) {
    task.worker.counters.fills_not_stored.add();
  }
  task.fill->stop_keeping();
}

/// With the parts that are stored of the same body, if they are.
Parts with_stored_parts(FillTask& task, StoredHead& head, StoredPart newer) {
  RamTier& cache = task.worker.cache;
  Parts parts{.complete_bytes = head.part->body_bytes, .parts = {}};
  const ObjectPtr stored = cache.find(task.fill->key_ref(), task.request, task.fill->site());
  if (stored && stored->parts->complete_bytes == parts.complete_bytes &&
      http::same_strong_validator(stored->head->fields, head.fields,
                                  head.freshness.response_time)) {
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
    return (void)cache.abandon(task.fill);
  auto parts = std::make_shared<Parts>(with_stored_parts(task, *head, std::move(newer)));
  head->part.reset();
  if (is_whole(*parts)) {
    head->key = task.whole->key();
    auto object = make_object(cache, std::move(head), parts->parts.front().chunks, Source::origin);
    cache.abandon(task.fill);
    return keep(cache, task.whole, std::move(object));
  }
  std::size_t chunks = 0;
  for (const auto& part : parts->parts) chunks += part.chunks.size();
  auto charge = cache.reserve(RamTier::head_bytes(*head) + sizeof(Parts) +
                              parts->parts.size() * sizeof(StoredPart) + chunks * sizeof(ChunkPtr));
  if (!charge) return (void)cache.abandon(task.fill);
  auto object = std::make_shared<Object>();
  object->head = std::move(head);
  object->body_bytes = parts->bytes();
  object->parts = std::move(parts);
  object->charge = std::move(*charge);
  keep(cache, task.fill, std::move(object));
}

/// A piece that nobody keeps: charged where a window holds more of those than its readers warrant.
ChunkPtr make_passing(FillTask& task, std::string_view bytes) {
  ChunkPtr charged;
  if (task.fill->window().is_large) charged = task.worker.cache.make_chunk(bytes);
  if (charged) return charged;
  auto chunk = std::make_shared<Chunk>();
  chunk->bytes = bytes;
  return chunk;
}

/// To those who read, as fast as the slowest does. False: in vain.
asio::awaitable<bool> pass_by(FillTask& task, Bell& bell, Intake& intake, std::string_view bytes) {
  while (!bytes.empty()) {
    ChunkPtr chunk = make_passing(task, bytes.substr(0, Fill::kPieceBytes));
    bytes.remove_prefix(chunk->bytes.size());
    append_on_disk(task, intake, chunk);
    // On its way to disk it needs no reader.
    const bool is_wanted = intake.to_disk != nullptr;
    task.fill->append(std::move(chunk));
    const bool is_read = co_await wait_for_readers(*task.fill, bell, intake.patience);
    if (!is_read && (!is_wanted || task.fill->window().has_readers)) co_return false;
  }
  co_return true;
}

}  // namespace

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

void keep(RamTier& cache, const FillPtr& place, ObjectPtr object) {
  if (!object) return (void)cache.abandon(place);
  const bool whole = !object->parts;
  const KeyRef key = place->key_ref();
  cache.complete(place, std::move(object));
  // What is newer must not give way to what is older when it leaves the memory first.
  if (whole) cache.erase_parts(key);
}

bool announce(RamTier& cache, const FillPtr& fill, const StoredHeadPtr& head,
              std::optional<std::uint64_t> length) {
  // Before they hear of it: who looks again does not find the same fill.
  const bool keeps = is_reusable(head->freshness) || cache.keep_apart(fill, Clock::now() + kApart);
  fill->start(head, length);
  return keeps;
}

asio::awaitable<bool> take_piece(FillTask& task, Bell& bell, Intake& intake,
                                 std::string_view bytes) {
  intake.bytes += bytes.size();
  ChunkPtr chunk = intake.keeps && intake.bytes <= task.policy.max_object_bytes
                       ? task.worker.cache.make_chunk(bytes, *task.fill)
                       : nullptr;
  if (chunk) {
    take_stored(task, intake, chunk);
    co_return true;
  }
  if (intake.keeps) stop_keeping(task, intake);
  const bool goes_on = co_await pass_by(task, bell, intake, bytes);
  co_return goes_on;
}

void take_stored(FillTask& task, Intake& intake, const ChunkPtr& chunk) {
  append_on_disk(task, intake, chunk);
  task.fill->append(chunk);
}

void finish(FillTask& task, Intake& intake, Fill::State end) {
  RamTier& cache = task.worker.cache;
  task.fill->set_writer(nullptr);
  const bool whole = end == Fill::State::done;
  end_on_disk(task, intake, whole);
  if (intake.keeps && !whole) {
    cache.abandon(task.fill);
  } else if (intake.keeps && intake.head->part) {
    store_part(task, *intake.head);
  } else if (intake.keeps) {
    const auto& place = place_of(task, *intake.head);
    auto body = put_together(cache, task.fill->chunks());
    keep(cache, place, make_object(cache, intake.head, std::move(body), intake.source));
  }
  task.fill->end(end);
}

}  // namespace meridian::edge
