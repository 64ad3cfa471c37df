#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/tsig/tsig.h"
#include "common/zone/contents.h"
#include "controller/transfer/zone_step.h"

/// Zones that are transferred from their primaries.
namespace meridian::control {

/// A query for a zone's SOA, for all of it, or for what has changed since the serial `held`, signed
/// if there is a key. Pure.
class TransferQuery {
 public:
  enum class Type : std::uint16_t { soa = 6, ixfr = 251, axfr = 252 };

  /// `held`: for ixfr only.
  TransferQuery(const zone::WireName& apex, Type type, std::uint16_t id, const tsig::Key* key,
                std::uint64_t unix_seconds, std::uint32_t held = 0);

  const std::vector<std::uint8_t>& message() const { return message_; }
  Type type() const { return type_; }
  std::uint16_t id() const { return id_; }
  std::uint32_t held() const { return held_; }
  const tsig::Mac& mac() const { return mac_; }

 private:
  Type type_;
  std::uint16_t id_;
  std::uint32_t held_;
  std::vector<std::uint8_t> message_;
  tsig::Mac mac_;
};

/// The messages that answer a TransferQuery, taken one by one (RFC 5936, RFC 1995). Everything
/// about them is somebody else's: sizes are bounded, and with a key nothing counts that is not
/// signed. Pure.
class Incoming {
 public:
  static constexpr std::size_t kMostRecords = 1'000'000;
  static constexpr std::size_t kMostOctets = std::size_t{128} << 20;
  static constexpr int kMostUnsigned = 99;  // messages in a row (RFC 8945 section 5.3.1)

  /// `key` may be null; `apex` and `key` must outlive it.
  Incoming(const zone::WireName& apex, const TransferQuery& query, const tsig::Key* key);

  /// True: that was the last message.
  Result<bool> take(tsig::Bytes message, std::uint64_t unix_seconds);

  /// Once complete: the serial of the newest SOA.
  std::uint32_t serial() const;
  /// Once complete: what was asked for has come as a whole, not as steps.
  bool is_whole() const { return steps_.empty(); }
  /// Every record, the SOA once; where it is not whole, the newest SOA alone.
  std::vector<zone::GivenRecord> take_records() { return std::move(records_); }
  /// From the serial that was held to the newest.
  const std::vector<ZoneStep>& steps() const { return steps_; }

 private:
  Result<void> check_header(tsig::Bytes message) const;
  Result<void> check_signature(tsig::Bytes message, std::uint64_t unix_seconds);
  Result<bool> take_records_of(tsig::Bytes message);
  Result<bool> take_record(zone::Record record);
  Result<bool> take_of_whole(zone::Record record);
  Result<bool> take_of_step(zone::Record record);
  bool is_soa(const zone::Record& record) const;

  const zone::WireName& apex_;
  TransferQuery::Type type_;
  std::uint16_t id_;
  std::uint32_t at_;  // the serial that the steps have come to
  const tsig::Key* key_;
  tsig::Mac before_;
  bool first_ = true;
  int unsigned_ = 0;
  std::string unsigned_octets_;
  std::size_t octets_ = 0;
  std::size_t count_ = 0;
  std::vector<zone::GivenRecord> records_;
  std::vector<ZoneStep> steps_;
  bool adds_ = false;  // the last step has come to what it adds
};

}  // namespace meridian::control
