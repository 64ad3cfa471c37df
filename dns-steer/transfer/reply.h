#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dns-steer/query/assemble.h"
#include "dns-steer/query/message_source.h"
#include "dns-steer/query/parse.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/transfer/signed_query.h"

namespace meridian::dns {

/// The messages that answer one query for a transfer, each with its signature if the query had one
/// (RFC 8945). Holds the state that it was asked with.
class Reply : public MessageSource {
 public:
  /// `query` is copied as far as it is needed. `signature`: null if it is not signed.
  Reply(const Query& query, std::shared_ptr<const Serving> serving,
        std::unique_ptr<TsigQuery> signature, Rcode rcode);

  /// A single message without records, unless a subclass knows better.
  std::size_t next(std::span<std::uint8_t> out) override;

 protected:
  /// False: that was all.
  virtual bool fill(Assembler&) { return false; }
  const Serving& serving() const { return *serving_; }
  const ZoneData& data() const { return serving_->snapshot->zones; }
  const Node& apex_of(std::uint32_t zone) const { return data().nodes[data().zones[zone].apex]; }

  /// As records of a node have it: the zone's apex is the question's name.
  Assembler::Owner owner_of(const Node& node) const {
    return {data().owner(node), kQuestionOffset};
  }
  /// Whole, or not at all.
  bool add(Assembler& message, const Node& node, const RecordSet& set) const {
    return message.add_answer(data(), set, owner_of(node), kQuestionOffset);
  }

 private:
  std::shared_ptr<const Serving> serving_;
  std::unique_ptr<TsigQuery> signature_;
  std::vector<std::uint8_t> question_;
  Query query_;
  EdnsAnswer edns_;
  Rcode rcode_;
  bool done_ = false;
};

}  // namespace meridian::dns
