#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "common/base/time.h"
#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {

/// The origins of a pool that one request may try, in order, each once. Pure but for the origins'
/// state. The pool outlives it.
class Candidates {
 public:
  Candidates(const OriginPool& pool, std::uint64_t key, std::optional<std::size_t> sticky);
  /// An index into the pool. No value: there is no other one. `random`: any 64 bits.
  std::optional<Choice> next(Instant now, std::uint64_t random);
  /// It was tried before.
  void leave_out(std::size_t index) { standings_[index].tried = true; }

 private:
  const OriginPool& pool_;
  std::uint64_t key_;
  std::optional<std::size_t> sticky_;
  static constexpr std::size_t kFew = 4;  // nearly all pools have no more
  boost::container::small_vector<Standing, kFew> standings_;
};

/// What became of a request to one origin of the pool. Failures in a row eject it, within the
/// pool's bounds. Any thread.
void note_success(const OriginPool& pool, std::size_t index, Instant now);
void note_failure(const OriginPool& pool, std::size_t index, Instant now);

/// No origin of the pool is up.
bool is_down(const OriginPool& pool);

}  // namespace meridian::edge
