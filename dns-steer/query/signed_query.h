#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "dns-steer/zone/name.h"

namespace meridian::dns {

struct Sharing;

/// A query's signature (TSIG, RFC 8945), judged; then the answer's. For one query.
class SignedQuery {
 public:
  virtual ~SignedQuery() = default;
  /// The query is from whom it says, and fresh.
  virtual bool good() const = 0;
  /// The most that finish() adds to an answer.
  virtual std::size_t octets() const = 0;
  /// Appends the TSIG record to the answer of `size` octets. Its whole size.
  virtual std::size_t finish(std::span<std::uint8_t> buffer, std::size_t size) = 0;
};

/// Judges the query `message` by the keys of `sharing`; its TSIG record begins at `at`. Null: the
/// record is malformed. It allocates: only who signs queries pays for it.
using JudgeSignature = std::function<std::unique_ptr<SignedQuery>(
    const Sharing& sharing, Bytes message, std::size_t at, std::uint32_t unix_seconds)>;

}  // namespace meridian::dns
