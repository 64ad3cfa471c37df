#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace meridian::edge {

/// How one of the healthy origins of a tier is chosen; as in origin.proto.
enum class BalanceMethod : std::uint8_t { round_robin, least_request, consistent_hash };

/// How one origin stands when a request is about to choose.
struct Standing {
  std::uint32_t weight = 1;  // at least 1
  std::uint32_t tier = 0;
  bool usable = true;    // up and not ejected
  bool tried = false;    // by this request
  bool crowded = false;  // at its limit of requests: others of its tier come first
  std::uint32_t in_flight = 0;
  double share = 1.0;      // of its weight, while it starts slowly; above 0, at most 1
  std::uint64_t hash = 0;  // of the origin's name, the same on all edges
  std::atomic<std::int64_t>* credit = nullptr;  // of round robin, shared by all workers
};

/// What decides besides the origins' standing.
struct Selection {
  BalanceMethod method = BalanceMethod::round_robin;
  std::uint64_t key = 0;                // what consistent_hash takes the hash of
  std::optional<std::size_t> sticky{};  // the origin that the visitor was with
  std::uint64_t random = 0;             // any 64 bits, new for each choice
};

struct Choice {
  std::size_t index = 0;
  bool panic = false;  // no origin is usable: one is tried anyway
};

/// The origin that a request tries next, of those that it has not tried: the sticky one if that is
/// usable, else by the method among the usable ones of the lowest tier, those with room first. When
/// no origin of the pool is usable at all, among all: probes are more likely wrong than the world
/// gone. No value: there is no other one to try. Pure but for the credits; any thread. Round robin
/// is smooth (a b a c a for 3, 1, 1): each choice gives every origin its weight in credit and takes
/// the sum from the richest.
std::optional<Choice> choose(std::span<const Standing> origins, const Selection& how);

/// FNV-1a over `bytes`, well mixed.
std::uint64_t hash_of(std::span<const char> bytes);

}  // namespace meridian::edge
