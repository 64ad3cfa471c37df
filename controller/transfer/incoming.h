#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/tsig/tsig.h"
#include "common/zone/contents.h"

/// Zones that are transferred from their primaries.
namespace meridian::control {

/// A query for a zone's SOA or for all of it, signed if there is a key. Pure.
class TransferQuery {
 public:
  enum class Type : std::uint16_t { soa = 6, axfr = 252 };

  TransferQuery(const zone::WireName& apex, Type type, std::uint16_t id, const tsig::Key* key,
                std::uint64_t unix_seconds);

  const std::vector<std::uint8_t>& message() const { return message_; }
  std::uint16_t id() const { return id_; }
  const tsig::Mac& mac() const { return mac_; }

 private:
  std::uint16_t id_;
  std::vector<std::uint8_t> message_;
  tsig::Mac mac_;
};

/// The messages that answer a TransferQuery, taken one by one (RFC 5936). Everything about them is
/// somebody else's: sizes are bounded, and with a key nothing counts that is not signed. Pure.
class Incoming {
 public:
  static constexpr std::size_t kMostRecords = 1'000'000;
  static constexpr std::size_t kMostOctets = std::size_t{128} << 20;
  static constexpr int kMostUnsigned = 99;  // messages in a row (RFC 8945 section 5.3.1)

  /// `key` may be null; what is referred to must outlive it.
  Incoming(const zone::WireName& apex, TransferQuery::Type type, const TransferQuery& query,
           const tsig::Key* key);

  /// True: that was the last message.
  Result<bool> take(tsig::Bytes message, std::uint64_t unix_seconds);

  /// Once complete: the SOA's serial, and every record, the SOA once.
  std::uint32_t serial() const;
  std::vector<zone::GivenRecord> take_records() { return std::move(records_); }

 private:
  Result<void> check_header(tsig::Bytes message) const;
  Result<void> check_signature(tsig::Bytes message, std::uint64_t unix_seconds);
  Result<bool> take_records_of(tsig::Bytes message);
  bool is_soa(const zone::Record& record) const;

  const zone::WireName& apex_;
  TransferQuery::Type type_;
  std::uint16_t id_;
  const tsig::Key* key_;
  tsig::Mac before_;
  bool first_ = true;
  int unsigned_ = 0;
  std::string unsigned_octets_;
  std::size_t octets_ = 0;
  std::vector<zone::GivenRecord> records_;
};

}  // namespace meridian::control
