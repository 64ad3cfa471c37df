#include "dns-steer/query/resolve.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "dns-steer/steer/policy.h"
#include "dns-steer/zone/lookup.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

// CNAMEs followed in one answer; a longer chain, or a ring, is left to the resolver.
constexpr std::size_t kMostAliases = 8;

/// The question, and what it becomes as aliases are followed.
class Resolution {
 public:
  Resolution(const Query& query, const IpAddress& client, const Serving& serving,
             Assembler& message)
      : query_(query),
        client_(client),
        data_(serving.snapshot->zones),
        fleet_(serving.snapshot->fleet),
        health_(serving.health),
        message_(message) {}

  bool run() {
    const auto* name = &query_.name;
    LookupName alias;
    for (;;) {
      const auto target = step(*name);
      if (!target) return steered_;
      alias.assign(*target);
      name = &alias;
    }
  }

 private:
  /// One name; the name to go on with if it is an alias.
  std::optional<Bytes> step(const LookupName& name) {
    const auto side = query_.type == rr::kDs ? CutSide::parent : CutSide::child;
    const auto found = find(data_, name, side);
    if (found.kind == Found::Kind::outside) {
      if (aliases_ == 0) message_.set_rcode(Rcode::refused, ExtendedError::not_authoritative);
      return {};
    }
    enter_zone(found.zone, name);
    if (found.kind == Found::Kind::delegation) {
      refer(*found.node);
      return {};
    }
    if (aliases_ == 0) message_.set_authoritative();
    if (found.kind == Found::Kind::no_name) {
      message_.set_rcode(Rcode::nx_domain);
      add_soa();
      return {};
    }
    return answer_from(*found.node);
  }

  std::optional<Bytes> answer_from(const Node& node) {
    if (node.site != kNone && (query_.type == rr::kA || query_.type == rr::kAaaa)) {
      steer(node.site);
      return {};
    }
    if (query_.type == query_type::kAny && (node.sets > 0 || node.site != kNone)) {
      message_.add_minimal_any(owner_);
      return {};
    }
    if (const auto* set = data_.set_of(node, query_.type)) {
      if (!message_.add_answer(data_, *set, {{}, owner_}, apex_))
        message_.set_truncated();
      else
        add_addresses_of_targets(*set);
      return {};
    }
    if (const auto* alias = data_.set_of(node, rr::kCname)) return follow(*alias);
    add_soa();  // NODATA
    return {};
  }

  std::optional<Bytes> follow(const RecordSet& alias) {
    const auto seen = std::span(followed_).first(aliases_);
    if (std::find(seen.begin(), seen.end(), &alias) != seen.end()) return {};  // a ring
    if (!message_.add_answer(data_, alias, {{}, owner_}, apex_)) {
      message_.set_truncated();
      return {};
    }
    if (aliases_ == followed_.size()) return {};
    followed_[aliases_++] = &alias;
    // The target's name ends where the record does; it begins the next owner.
    const auto& record = data_.records[alias.first_record];
    constexpr std::size_t kBeforeData = 10;  // type, class, TTL, length
    owner_ = static_cast<std::uint16_t>(message_.position() - (record.size - kBeforeData));
    return data_.bytes(alias.target_offset, alias.target_size);
  }

  /// Where the zone's name stands in the message: at the end of the name that led here.
  void enter_zone(std::uint32_t zone, const LookupName& name) {
    if (zone == zone_) return;
    zone_ = zone;
    apex_ = static_cast<std::uint16_t>(owner_ + name.size() - data_.zones[zone].apex_size);
  }

  void steer(std::uint32_t site) {
    const auto family = query_.type == rr::kA ? Family::v4 : Family::v6;
    const auto choice = choose(fleet_, health_, site, family, client_);
    message_.set_scope(choice.scope);
    for (const auto* candidate : choice.all())
      message_.add_address(owner_, candidate->address, choice.ttl);
    if (choice.count == 0) add_soa();
    steered_ = true;
  }

  /// A referral: the names of the child zone's servers, and their addresses if we know them.
  void refer(const Node& cut) {
    const auto* servers = data_.set_of(cut, rr::kNs);
    if (!message_.add_authority(data_, *servers, owner_of(cut), apex_)) {
      message_.set_truncated();
      return;
    }
    // Without these the child cannot be reached (RFC 9471).
    if (!add_addresses_of_targets(*servers)) message_.set_truncated();
  }

  /// False: not all fitted.
  bool add_addresses_of_targets(const RecordSet& set) {
    bool complete = true;
    for (auto i = set.first_additional; i < set.first_additional + set.additionals; ++i) {
      const auto& node = data_.nodes[data_.additionals[i]];
      for (const auto type : {rr::kA, rr::kAaaa}) {
        const auto* addresses = data_.set_of(node, type);
        if (addresses != nullptr)
          complete &= message_.add_additional(data_, *addresses, owner_of(node), apex_);
      }
    }
    return complete;
  }

  void add_soa() { message_.add_negative_soa(data_, data_.zones[zone_], apex_); }

  Assembler::Owner owner_of(const Node& node) const { return {data_.owner(node), apex_}; }

  const Query& query_;
  const IpAddress& client_;
  const ZoneData& data_;
  const Fleet& fleet_;
  const HealthTable& health_;
  Assembler& message_;
  std::uint32_t zone_ = kNone;
  // Where names begin in the message.
  std::uint16_t owner_ = kQuestionOffset;
  std::uint16_t apex_ = 0;
  std::array<const RecordSet*, kMostAliases> followed_;
  std::size_t aliases_ = 0;
  bool steered_ = false;
};

}  // namespace

bool resolve(const Query& query, const IpAddress& client, const Serving& serving,
             Assembler& message) {
  return Resolution(query, client, serving, message).run();
}

}  // namespace meridian::dns
