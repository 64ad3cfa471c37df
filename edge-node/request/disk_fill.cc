#include "edge-node/request/disk_fill.h"

#include <utility>

#include "edge-node/request/forward.h"
#include "edge-node/request/intake.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

/// A disk that needs longer is no faster than an origin.
constexpr std::chrono::seconds kDiskPatience{5};

/// False: it takes too long; the read is not to be looked at any more.
asio::awaitable<bool> wait_for_disk(const disk::DiskRead& read, Bell& bell) {
  const auto deadline = Clock::now() + kDiskPatience;
  while (!read.is_ready()) {
    const bool rung = co_await bell.wait(deadline);
    if (!rung && !read.is_ready()) co_return false;
  }
  co_return true;
}

bool may_revalidate(const FillTask& task, const StoredHead& head) {
  return !task.gap && !task.conditional &&
         (head.freshness.for_authorized || !task.request.has("authorization"));
}

/// The body under `head`. False: it cannot be read; nobody was promised anything.
asio::awaitable<bool> stream(FillTask& task, disk::DiskReadPtr read, StoredHeadPtr head) {
  disk::DiskTier* disk = task.worker.disk;
  bool more = !read->at_end();
  bool came = true;
  if (more) came = co_await next_piece(task.worker, read);
  if (!came) co_return false;
  task.worker.counters.fills_from_disk.add();
  const auto bell = std::make_shared<Bell>(task.worker.loop.context);
  task.fill->set_writer(bell.get());
  Intake intake{.source = Source::disk, .head = std::move(head), .length = read->body_bytes()};
  (void)announce(task.worker.cache, task.fill, intake.head, intake.length);
  Fill::State end = Fill::State::done;
  while (more) {
    const bool goes_on = co_await take_piece(task, *bell, intake, read->piece());
    more = goes_on && !read->at_end();
    if (!goes_on) end = Fill::State::failed;
    if (!more) break;
    came = co_await next_piece(task.worker, read);
    if (came) continue;
    disk->erase(*task.fill->key());  // the next one asks the origin
    end = Fill::State::failed;
    break;
  }
  finish(task, intake, end);
  co_return true;
}

}  // namespace

asio::awaitable<disk::DiskReadPtr> look_up_on_disk(WorkerContext& worker, std::string key,
                                                   const http::Fields& request,
                                                   std::uint64_t site) {
  if (!worker.disk) co_return nullptr;
  auto read = worker.disk->find(key);
  if (!read) co_return nullptr;
  const auto bell = std::make_shared<Bell>(worker.loop.context);
  worker.disk->ask_head(read, std::move(key), request, site, bell);
  const bool came = co_await wait_for_disk(*read, *bell);
  if (!came || !read->head()) co_return nullptr;
  co_return read;
}

asio::awaitable<bool> next_piece(WorkerContext& worker, const disk::DiskReadPtr& read) {
  const auto bell = std::make_shared<Bell>(worker.loop.context);
  worker.disk->ask_piece(read, bell);
  const bool came = co_await wait_for_disk(*read, *bell);
  co_return came && !read->piece().empty();
}

bool is_fresh(const disk::DiskRead& read, const RequestDirectives& control, bool authorized) {
  const Freshness& freshness = read.head()->freshness;
  return !read.is_purged() && judge(freshness, control, WallClock::now()).use == Use::fresh &&
         (freshness.for_authorized || !authorized);
}

asio::awaitable<bool> fill_from_disk(FillTask& task) {
  if (!task.worker.disk || task.stale || task.whole) co_return false;
  const std::string& key = *task.fill->key();
  auto read = co_await look_up_on_disk(task.worker, key, task.request, task.fill->site());
  if (!read) co_return false;
  if (is_fresh(*read, task.control, task.request.has("authorization"))) {
    task.handover->from_disk = true;
    task.handover->status = read->head()->status;
    const StoredHeadPtr head = read->head();
    const bool filled = co_await stream(task, std::move(read), head);
    task.handover->from_disk = filled;
    co_return filled;
  }
  if (may_revalidate(task, *read->head())) {
    task.conditional = ask_if_changed(task.plan.fields, *read->head());
    task.on_disk = std::move(read);
    task.handover->was_stale = true;
  }
  co_return false;
}

asio::awaitable<bool> confirm_on_disk(FillTask& task, StoredHeadPtr head) {
  auto read = std::exchange(task.on_disk, nullptr);
  const bool filled = co_await stream(task, std::move(read), std::move(head));
  co_return filled;
}

asio::awaitable<void> load_stale(FillTask& task) {
  const auto read = std::exchange(task.on_disk, nullptr);
  RamTier& cache = task.worker.cache;
  std::vector<ChunkPtr> body;
  while (!read->at_end()) {
    const bool came = co_await next_piece(task.worker, read);
    ChunkPtr chunk = came ? cache.make_chunk(read->piece()) : nullptr;
    if (!chunk) co_return;
    body.push_back(std::move(chunk));
  }
  if (auto object = make_object(cache, read->head(), std::move(body), Source::disk))
    cache.complete(task.fill, std::move(object));
}

}  // namespace meridian::edge
