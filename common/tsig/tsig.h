#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "common/tsig/key.h"

namespace meridian::tsig {

using Bytes = std::span<const std::uint8_t>;

/// TSIG errors (RFC 8945 section 3), and what else a message can be.
enum class Verdict : std::uint16_t {
  good = 0,
  malformed = 1,  // FORMERR
  bad_signature = 16,
  bad_key = 17,
  bad_time = 18,
  bad_truncation = 22,
};

/// A message's authentication code. A value.
struct Mac {
  std::array<std::uint8_t, 64> octets{};
  std::uint8_t size = 0;  // 0: none

  Bytes bytes() const { return Bytes(octets).first(size); }
};

/// What a TSIG record says. Owns what it holds.
struct Signature {
  zone::WireName key;        // lower case
  zone::WireName algorithm;  // lower case
  std::uint64_t time = 0;    // seconds since 1970
  std::uint16_t fudge = 0;
  Mac mac;
  std::uint16_t original_id = 0;
  std::uint16_t error = 0;
  std::string other;
};

/// Where the last record of a message begins if it is TSIG. None: it is not, or the message is
/// malformed.
std::optional<std::size_t> find_signature(Bytes message);

/// The TSIG record that begins at `at` and ends the message. None: there is none that is well
/// formed.
std::optional<Signature> read_signature(Bytes message, std::size_t at);

/// What is signed beside the messages: everything; or, from the second message of a long answer on,
/// the time only (RFC 8945 section 5.3.1).
enum class Scope : std::uint8_t { whole, timers };

/// Whether `signature`, which begins at `at`, is that of `message` by `key`. `before`: the MAC that
/// came before: of the query, for its answer. `unsigned_before`: messages without a signature that
/// came since, one after the other. `now` in seconds since 1970. Pure.
Verdict verify(const Key& key, const Signature& signature, Bytes message, std::size_t at,
               const Mac& before, Scope scope, std::uint64_t now, Bytes unsigned_before = {});

/// The most octets that sign() adds with this key.
std::size_t signature_octets(const Key& key);

/// Appends a TSIG record to the message of `size` octets in `buffer`, and counts it there. Its
/// whole size; 0: there is no room. `mac` becomes this message's. `error` and the time that goes
/// with it: of an answer to a query at the wrong time. Pure.
struct Signing {
  const Mac& before;
  Scope scope = Scope::whole;
  std::uint64_t now = 0;
  Verdict error = Verdict::good;
  std::uint64_t query_time = 0;  // of bad_time
};
std::size_t sign(const Key& key, std::span<std::uint8_t> buffer, std::size_t size,
                 const Signing& signing, Mac& mac);

/// Appends the TSIG record, without a MAC, that tells who signed `signature` that it is not known
/// or wrong (RFC 8945 section 5.2). The message's whole size; 0: there is no room.
std::size_t refuse(const Signature& signature, Verdict why, std::span<std::uint8_t> buffer,
                   std::size_t size);

}  // namespace meridian::tsig
