#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "dns-steer/query/answer.h"

namespace meridian::dns {

/// An answer of many messages: a zone transfer (RFC 5936). Its stream asks for a message when the
/// one before has been written, so a slow reader costs one message; other queries of the same
/// connection are answered in between. Destroyed when its stream ends, whether or not it is done.
class MessageSource {
 public:
  virtual ~MessageSource() = default;

  /// Writes the next message to `out`, which holds kMostTcpOctets. Its size; 0: that was all.
  /// Bounded work: other clients wait for it. On the thread of the stream.
  virtual std::size_t next(std::span<std::uint8_t> out) = 0;
};

/// Asked about each query that comes by a stream, before answer(). Null: one message answers it.
/// Who opens a source holds the state that it was asked with. Any thread, several at once.
using OpenSource = std::function<std::unique_ptr<MessageSource>(
    const Request& request, const std::shared_ptr<const Serving>& serving, const Now& now)>;

}  // namespace meridian::dns
