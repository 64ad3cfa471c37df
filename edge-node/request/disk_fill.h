#pragma once

#include <string>

#include "edge-node/request/store.h"

/// Fills whose body comes from disk.
namespace meridian::edge {

/// The response on disk that `request` selects, fresh or not, its body still to be read. Null:
/// there is none, or not in time.
asio::awaitable<disk::DiskReadPtr> look_up_on_disk(WorkerContext& worker, std::string key,
                                                   const http::Fields& request, std::uint64_t site);
/// The next piece of its body is at hand. False: it cannot be read, or not in time.
asio::awaitable<bool> next_piece(WorkerContext& worker, const disk::DiskReadPtr& read);
/// It answers as it is; with credentials, or without.
bool is_fresh(const disk::DiskRead& read, const RequestDirectives& control, bool authorized);

/// The response from disk, when it is there and may be used as it is: a fill like from an origin,
/// so all who wait share it. False: ask the origin; if what is there is stale, it is noted in
/// `task`, and the origin is asked whether it is still good.
asio::awaitable<bool> fill_from_disk(FillTask& task);
/// What is noted there, with the newer `head`. False: it cannot be read; nobody was promised it.
asio::awaitable<bool> confirm_on_disk(FillTask& task, StoredHeadPtr head);
/// The same into memory, stale as it is: it stands in for an origin that fails.
asio::awaitable<void> load_stale(FillTask& task);

}  // namespace meridian::edge
