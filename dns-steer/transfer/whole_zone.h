#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dns-steer/dnssec/canonical.h"
#include "dns-steer/dnssec/signatures.h"
#include "dns-steer/dnssec/zone_sets.h"
#include "dns-steer/steer/choice.h"
#include "dns-steer/transfer/outgoing.h"
#include "dns-steer/transfer/reply.h"

namespace meridian::dns {

/// One of the transfers that may be under way at once; counts itself while it lives.
class TransferPlace {
 public:
  /// Null: all places are taken.
  static std::unique_ptr<TransferPlace> take(TransferCounters& counters);
  ~TransferPlace() { --counters_.under_way; }
  TransferPlace(const TransferPlace&) = delete;
  TransferPlace& operator=(const TransferPlace&) = delete;

 private:
  explicit TransferPlace(TransferCounters& counters) : counters_(counters) {}
  TransferCounters& counters_;
};

/// Of all that stands in a copy of a zone; null: the zone is not signed, or not all of it is yet.
const ZoneSignatures* whole_signatures(const Serving& serving, std::uint32_t zone);

/// A zone as its secondaries hold it: SOA, everything else, SOA (RFC 5936 section 2.2). A steered
/// name has what a client whose place nobody knows gets now. A signed zone comes with its
/// signatures, and with NSEC records that name the next name, for a secondary cannot sign
/// denials as they are needed. All that is signed ahead is: what steered names have just now may
/// be signed here, a bounded number of sets with each message.
class WholeZone final : public Reply {
 public:
  /// `made`: whole_signatures() of the reply's Serving, which keeps them.
  struct What {
    std::uint32_t zone = kNone;
    const ZoneSignatures* made = nullptr;
    std::uint32_t now = 0;  // seconds since 1970
  };
  WholeZone(const Query& query, std::shared_ptr<const Serving> serving,
            std::unique_ptr<TsigQuery> signature, const What& what,
            std::unique_ptr<TransferPlace> place);

 private:
  bool fill(Assembler& message) override;
  bool step(Assembler& message);
  bool add_static(Assembler& message, const Node& node);
  void add_steered(Assembler& message, const Node& node);
  void add_addresses(Assembler& message, const Node& node, Family family, const Choice& choice);
  void add_https(Assembler& message, const Node& node, const Choice& v4, const Choice& v6);
  void add_denial(Assembler& message, const Node& node);
  void add_signatures(Assembler& message, const Node& node, Bytes made_ahead);
  std::uint32_t number_in_zone() const { return node_ - data().zones[what_.zone].first_node; }

  What what_;
  std::unique_ptr<TransferPlace> place_;
  bool began_ = false;
  bool failed_ = false;
  std::uint32_t node_ = 0;
  std::size_t set_ = 0;
  bool signature_due_ = false;  // of set_, which is told
  bool steered_ = false;        // so is what is steered
  std::size_t fresh_ = 0;       // signatures made for this message
  std::vector<std::uint16_t> steered_types_;
  NsecRoom nsec_;
  CanonicalSet canonical_;
  std::vector<std::uint8_t> room_;
};

}  // namespace meridian::dns
