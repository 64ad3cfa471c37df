#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "edge-node/request/context.h"

namespace meridian::edge {

/// A stored response that answers a request as it stands: nothing is to be awaited, decided by the
/// origin, rewritten or encoded. What most requests meet, so that the version of HTTP can answer by
/// a plain call instead of handle().
struct Hit {
  ObjectPtr object;
  const ReadyHead* head = nullptr;  // of `object`
  std::chrono::seconds age{0};
  std::chrono::seconds left{0};  // of its lifetime
  const Site* site = nullptr;    // of the current snapshot

  /// The values of the fields that change with the time.
  struct Text {
    std::array<char, 24> age;
    std::array<char, 64> cache_status;
    std::size_t age_size = 0, cache_status_size = 0;
    std::string_view age_text() const { return {age.data(), age_size}; }
    std::string_view cache_status_text() const { return {cache_status.data(), cache_status_size}; }
  };
  Text text() const;
};

/// What is known of a request for which nothing is stored.
struct Miss {
  std::string key;             // of what is missing; empty: it is no such request
  const Site* site = nullptr;  // of the current snapshot
};

/// No value: handle() finds out what to do, or, when nothing is stored that could answer,
/// QuickFetch (request/quick_fetch.h): then it says so in `miss`, unless that is null. Changes
/// nothing but what the cache notes.
std::optional<Hit> find_hit(const http::RequestHead& request, const Visitor& visitor,
                            WorkerContext& worker, http::Version version, Miss* miss = nullptr);

/// What has been sent of a hit.
struct HitSent {
  std::uint64_t bytes = 0;  // of the body, as far as is known
  bool complete = false;
};
/// `start`: when the request was read.
void note_hit(const Hit& hit, const http::RequestHead& request, const Visitor& visitor,
              WorkerContext& worker, Instant start, HitSent sent);

}  // namespace meridian::edge
