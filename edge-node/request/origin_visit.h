#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace meridian::edge {

struct OriginPool;

/// How a response was got, or not, from an origin or an edge of a shield: for the log and for who
/// may know. Of the last attempt, but for their number.
struct OriginVisit {
  const OriginPool* pool = nullptr;  // of the snapshot in hand; null: nobody was asked
  std::size_t index = 0;             // of the origin there
  std::uint32_t attempts = 0;        // at the shield, then at the origins
  bool kept = false;                 // on a connection that was there
  bool answered = false;
  std::chrono::microseconds connect{0};     // name, TCP and TLS
  std::chrono::microseconds first_byte{0};  // from the request to the head of its response
};

}  // namespace meridian::edge
