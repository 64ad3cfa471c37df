#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/wire/wire_writer.h"
#include "dns-steer/query/parse.h"
#include "dns-steer/query/rate_limit.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// An answer under construction, in the order of the message. What does not fit makes it
/// truncated; room for the OPT record is kept. Writes into the caller's buffer; no heap.
class Assembler {
 public:
  /// Header and question. `limit`: octets that the answer may have, at most the buffer's; header,
  /// question and OPT record go out in any case.
  Assembler(std::span<std::uint8_t> buffer, std::size_t limit, const Query& query,
            const EdnsAnswer& edns);

  /// The owner of a record: labels, and a name that stands in the message already.
  struct Owner {
    Bytes labels;               // written out first
    std::uint16_t pointer = 0;  // then a pointer to here
  };

  /// All records of a set, or none. `apex`: where the zone's name begins in the message.
  bool add_answer(const ZoneData& data, const RecordSet& set, const Owner& owner,
                  std::uint16_t apex);
  bool add_authority(const ZoneData& data, const RecordSet& set, const Owner& owner,
                     std::uint16_t apex);
  bool add_additional(const ZoneData& data, const RecordSet& set, const Owner& owner,
                      std::uint16_t apex);
  /// The SOA of a negative answer.
  void add_negative_soa(const ZoneData& data, const Zone& zone, std::uint16_t apex);
  /// The CNAME that a DNAME makes (RFC 6672 section 2.2), with its target uncompressed. False: it
  /// does not fit.
  bool add_alias(std::uint16_t owner, std::uint32_t ttl, Bytes target);
  /// A or AAAA with this address as answer, of an owner that the message does not hold yet.
  void add_address_of(const Owner& owner, const IpAddress& address, std::uint32_t ttl);
  /// The same of one that it does hold.
  void add_address(std::uint16_t owner, const IpAddress& address, std::uint32_t ttl);
  /// HTTPS with these data (RFC 9460) as answer.
  void add_https(const Owner& owner, std::uint32_t ttl, Bytes data);
  /// TXT with one string, cut at 255 octets.
  void add_text(std::uint16_t owner, std::uint16_t record_class, std::uint32_t ttl,
                std::string_view text);
  enum class Section : std::uint8_t { answer, authority, additional };
  /// RRSIG records from their type on, one after the other. `ttl`: instead of their own.
  /// False: they do not fit, and none is there.
  bool add_signatures(Section section, Bytes signatures, const Owner& owner,
                      std::optional<std::uint32_t> ttl = {});
  /// An NSEC record.
  void add_nsec(Section section, const Owner& owner, std::uint32_t ttl, Bytes data);
  /// The stand-in for ANY (RFC 8482 section 4.2).
  void add_minimal_any(std::uint16_t owner);

  /// Nobody speaks for all classes, so an answer to class ANY is never authoritative (RFC 1034
  /// section 3.7.1).
  void set_authoritative() {
    if (query_.qclass != kClassAny) flags_ |= flag::kAuthoritative;
  }
  void set_truncated() { flags_ |= flag::kTruncated; }
  /// Leaves nothing but `rcode` of what was added.
  void fail(Rcode rcode) {
    rcode_ = rcode;
    failed_ = true;
  }
  void set_rcode(Rcode rcode, ExtendedError error = ExtendedError::none) {
    rcode_ = rcode;
    edns_.error = error;
  }
  /// Of the answer's option Client Subnet.
  void set_scope(std::uint8_t scope) { edns_.scope = scope; }
  /// The flag CO: a name that does not exist is told by NXDOMAIN.
  void set_compact_ok() { edns_.compact_ok = true; }
  bool truncated() const { return (flags_ & flag::kTruncated) != 0; }
  Rcode rcode() const { return rcode_; }
  AnswerKind kind() const;
  std::size_t position() const { return out_.position(); }

  /// OPT, counts and flags. The message's size.
  std::size_t finish();

 private:
  bool add_set(const ZoneData& data, const RecordSet& set, const Owner& owner, std::uint16_t apex,
               std::uint16_t& count);
  std::uint16_t& count_of(Section section);
  void add_record(const ZoneData& data, const Record& record, const Owner& owner,
                  std::uint16_t apex);

  const Query& query_;
  EdnsAnswer edns_;
  std::size_t kept_;  // octets for the OPT record
  std::span<std::uint8_t> buffer_;
  WireWriter out_;
  std::uint16_t flags_;
  Rcode rcode_ = Rcode::no_error;
  bool failed_ = false;
  std::uint16_t answers_ = 0;
  std::uint16_t authorities_ = 0;
  std::uint16_t additionals_ = 0;
};

}  // namespace meridian::dns
