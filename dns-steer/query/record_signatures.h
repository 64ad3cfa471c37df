#pragma once

#include <cstdint>

#include "dns-steer/dnssec/signatures.h"
#include "dns-steer/query/fresh_signatures.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/steer/choice.h"

namespace meridian::dns {

/// Finds the signatures of what stands in one answer: made ahead, or else fresh. All are RRSIG
/// records from their type on, one after the other; they hold until the next call. Empty: the set
/// is not to be signed, or too many would have to be made just now, which refused() tells.
class RecordSignatures {
 public:
  RecordSignatures(const Serving& serving, FreshSignatures& fresh, const Now& now)
      : serving_(serving), data_(serving.snapshot->zones), fresh_(fresh), now_(now) {}

  /// `name`: the owner in the answer, in lower case; the node's own, or one that its wildcard
  /// stands for. The latter is signed as if the name existed (RFC 9824 section 3.3).
  Bytes of_set(const Node& node, const RecordSet& set, Bytes name);
  /// Of the node's own name, and only if made ahead.
  Bytes made_ahead(const Node& node, const RecordSet& set) const;
  /// `absent`: as read_nsec() says.
  Bytes of_nsec(const Node& node, Bytes name, std::uint16_t absent);
  Bytes of_no_name(std::uint32_t zone, Bytes name);
  Bytes of_addresses(const Node& node, Bytes name, std::uint16_t type, const Choice& choice);
  /// Of the HTTPS record with `data`, whose hints are `v4` and `v6`.
  Bytes of_https(const Node& node, Bytes name, std::uint32_t ttl, Bytes data, const Choice& v4,
                 const Choice& v6);

  /// The data of the NSEC record that the functions of the same name sign.
  Bytes nsec(const Node& node, Bytes name, std::uint16_t absent);
  Bytes nsec_of_no_name(Bytes name);

  bool refused() const { return refused_; }

 private:
  bool is_own_name(const Node& node, Bytes name) const;
  /// Null: none were made ahead.
  const ZoneSignatures* ahead(std::uint32_t zone) const;
  /// `key`: SteeredSet::key. Empty: not made ahead.
  Bytes steered_ahead(const Node& node, Bytes name, std::uint16_t type, std::uint32_t ttl,
                      std::uint64_t key) const;
  Bytes fresh(std::uint32_t zone);
  void begin_nsec(std::uint32_t zone, Bytes name);
  std::uint32_t number_of(const Node& node) const {
    return static_cast<std::uint32_t>(&node - data_.nodes.data());
  }

  const Serving& serving_;
  const ZoneData& data_;
  FreshSignatures& fresh_;
  const Now& now_;
  bool refused_ = false;
};

}  // namespace meridian::dns
