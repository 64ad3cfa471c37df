#include "edge-node/request/disk_answer.h"

#include <string_view>
#include <utility>

#include "edge-node/request/disk_fill.h"
#include "edge-node/request/send.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

constexpr std::string_view kStatus = "meridian; hit; detail=disk";
constexpr std::size_t kPieceBytes = 256 * 1024;  // that a read holds, at most

/// `portion` of the body; its first piece is at hand.
asio::awaitable<void> send_from_disk(Transaction& t, const CacheQuery& query,
                                     disk::DiskReadPtr read, Portion portion) {
  for (;;) {
    const auto piece = portion.cut(read->piece());
    const bool sent = co_await send_piece(t, piece);
    if (!sent) co_return;
    if (portion.rest == 0) break;
    const bool came = co_await next_piece(t.worker, read);
    if (came) continue;
    // The next one asks the origin, unless the disk was only late.
    if (read->is_ready()) t.worker.disk->erase(query.key);
    send_abort(t);
    co_return;
  }
  co_await send_end(t);
}

asio::awaitable<bool> answer_range(Transaction& t, const CacheQuery& query, disk::DiskReadPtr read,
                                   Portion portion) {
  if (portion.status != 206 || !is_far_in(portion.skip)) co_return false;
  const auto charge = t.worker.cache.reserve(kPieceBytes);  // held until it is all sent
  if (!charge) co_return false;
  portion.skip -= read->seek(portion.skip);
  const bool came = co_await next_piece(t.worker, read);
  if (!came) co_return false;  // the fill from disk finds out why
  t.cache_result = CacheResult::hit;
  const StoredHeadPtr head = read->head();
  send_stored_head(t, *head, portion, kStatus);
  co_await send_from_disk(t, query, std::move(read), std::move(portion));
  co_return true;
}

}  // namespace

bool is_for_disk(const http::RequestHead& request, const CacheQuery& query) {
  return request.method == "HEAD" || query.far || request.fields.has("if-none-match") ||
         request.fields.has("if-modified-since");
}

asio::awaitable<DiskAnswer> answer_from_disk(Transaction& t, const CacheQuery& query) {
  auto read = co_await look_up_on_disk(t.worker, query.key, t.request().fields, t.site->purge_name);
  if (!read) co_return DiskAnswer::none;
  if (!is_fresh(*read, query.control, query.authorized)) co_return DiskAnswer::stale;
  const bool is_head = t.request().method == "HEAD";
  auto portion = choose_portion(t.request(), *read->head(), read->body_bytes(),
                                is_head ? Body::stored : Body::streaming, WallClock::now());
  if (!is_head && portion.rest > 0) {
    const bool sent = co_await answer_range(t, query, std::move(read), std::move(portion));
    co_return sent ? DiskAnswer::sent : DiskAnswer::none;
  }
  t.cache_result = CacheResult::hit;
  send_stored_head(t, *read->head(), portion, kStatus);
  co_await send_end(t);
  co_return DiskAnswer::sent;
}

}  // namespace meridian::edge
