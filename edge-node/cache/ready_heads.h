#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "edge-node/cache/charge.h"
#include "edge-node/http/fields.h"

namespace meridian::edge {

/// The head of a stored response as it is sent, but for what changes with the time.
struct ReadyHead {
  std::uint64_t stamp = 0;  // of what was added to the stored fields, and for which version of HTTP
  std::string http1;        // HTTP/1.1: status line and fields, without the empty line
  http::Fields fields;      // HTTP/2: all of them, Content-Length too
  Charge charge;
  const ReadyHead* older = nullptr;

  std::size_t memory_bytes() const {
    return sizeof(*this) + http1.capacity() + fields.memory_bytes() - sizeof(fields);
  }
};

/// Those of one response; they live as long as it does. Any thread, no lock.
class ReadyHeads {
 public:
  ReadyHeads() = default;
  ReadyHeads(const ReadyHeads&) = delete;
  ReadyHeads& operator=(const ReadyHeads&) = delete;
  ~ReadyHeads();

  /// Null: none yet.
  const ReadyHead* find(std::uint64_t stamp) const;
  /// Null: there are kMost already, of older configurations.
  const ReadyHead* add(std::unique_ptr<ReadyHead> head);

 private:
  static constexpr unsigned kMost = 8;
  std::atomic<const ReadyHead*> newest_{nullptr};
};

}  // namespace meridian::edge
