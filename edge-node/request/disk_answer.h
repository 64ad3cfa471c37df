#pragma once

#include <boost/asio/awaitable.hpp>

#include "edge-node/request/lookup.h"

namespace meridian::edge {

/// HEAD, a range that begins far behind the first byte, and a condition that may hold: for these
/// not all that lies on disk comes into memory. Pure.
bool is_for_disk(const http::RequestHead& request, const CacheQuery& query);

enum class DiskAnswer : std::uint8_t {
  sent,
  stale,  // what is there; nothing was sent
  none,   // it is not there, or cannot be read, or all of it is wanted; nothing was sent
};
/// Answers such a request straight from disk.
boost::asio::awaitable<DiskAnswer> answer_from_disk(Transaction& t, const CacheQuery& query);

}  // namespace meridian::edge
