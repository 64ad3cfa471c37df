#pragma once

#include <compare>
#include <cstdint>

namespace meridian {

/// A number with an identity: two kinds of Id never mix.
template <class Tag, class Rep>
struct Id {
  Rep value{};
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

/// The number of one accepted state of the whole configuration; it only grows. 0: none yet.
using Revision = Id<struct RevisionTag, std::uint64_t>;
/// Position in the purge log; the first purge is 1. 0: none yet.
using PurgeSequence = Id<struct PurgeSequenceTag, std::uint64_t>;

}  // namespace meridian
