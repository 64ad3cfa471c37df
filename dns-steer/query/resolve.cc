#include "dns-steer/query/resolve.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>

#include "dns-steer/query/record_signatures.h"
#include "dns-steer/steer/https_record.h"
#include "dns-steer/steer/policy.h"
#include "dns-steer/zone/lookup.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

// CNAMEs and DNAMEs followed in one answer; a longer chain, or a ring, is left to the resolver.
constexpr std::size_t kMostAliases = 16;

/// The question, and what it becomes as aliases are followed.
class Resolution {
 public:
  Resolution(const Query& query, const IpAddress& client, const Serving& serving,
             WorkerState& state, const Now& now, Assembler& message)
      : query_(query),
        client_(client),
        data_(serving.snapshot->zones),
        fleet_(serving.snapshot->fleet),
        health_(serving.health),
        load_(serving.load),
        state_(state),
        message_(message),
        signatures_(serving, state.fresh_signatures, now) {}

  Resolved run() {
    constexpr std::size_t kBehindName = 4;  // type, class
    const auto* name = &query_.name;
    auto written = query_.question.first(query_.question.size() - kBehindName);
    LookupName alias;
    for (;;) {
      const auto target = step(*name, written);
      if (!target) return {steered_, signatures_.refused()};
      alias.assign(*target);
      name = &alias;
      written = *target;
    }
  }

 private:
  /// One name, with its letter case in `written`; the name to go on with if it is an alias.
  std::optional<Bytes> step(const LookupName& name, Bytes written) {
    const auto side = query_.type == rr::kDs ? CutSide::parent : CutSide::child;
    const auto found = find(data_, name, side);
    if (found.kind == Found::Kind::outside) {
      if (aliases_ == 0) message_.set_rcode(Rcode::refused, ExtendedError::not_authoritative);
      return {};
    }
    enter_zone(found, name);
    if (found.kind == Found::Kind::delegation) {
      refer(*found.node);
      return {};
    }
    if (aliases_ == 0) message_.set_authoritative();
    switch (found.kind) {
      case Found::Kind::redirected:
        return redirect(*found.node, name, written);
      case Found::Kind::no_name:
        deny_name(name);
        return {};
      default:
        return answer_from(*found.node, name);
    }
  }

  std::optional<Bytes> answer_from(const Node& node, const LookupName& name) {
    answered_ = &node;
    if (node.site != kNone && (query_.type == rr::kA || query_.type == rr::kAaaa)) {
      steer(node, name, query_.type);
      return {};
    }
    if (node.site != kNone && query_.type == rr::kHttps && fleet_.sites[node.site].https) {
      steer_https(node, name);
      return {};
    }
    const auto* alias = data_.set_of(node, rr::kCname);
    if (query_.type == query_type::kAny && (node.sets > 0 || node.site != kNone)) {
      answer_any(node, name, alias);
      return {};
    }
    if (const auto* set = data_.set_of(node, query_.type)) {
      if (add_signed(Section::answer, node, *set, {{}, owner_}, name.suffix(0)))
        add_addresses_of_targets(*set);
      return {};
    }
    if (data_.zones[zone_].is_signed && answer_of_signing(node, name)) return {};
    if (alias != nullptr) return follow(*alias, node, name);
    deny_type(node, name, 0);
    return {};
  }

  using Section = Assembler::Section;

  /// A set and its signatures. False: they do not fit, and the message is truncated.
  bool add_signed(Section section, const Node& node, const RecordSet& set,
                  const Assembler::Owner& owner, Bytes name) {
    const bool added =
        (section == Section::answer ? message_.add_answer(data_, set, owner, apex_)
                                    : message_.add_authority(data_, set, owner, apex_)) &&
        sign(section, node, set, owner, name);
    if (!added) message_.set_truncated();
    return added;
  }

  bool signs() const {
    return query_.edns && query_.edns->dnssec_ok && data_.zones[zone_].is_signed;
  }

  bool sign(Section section, const Node& node, const RecordSet& set, const Assembler::Owner& owner,
            Bytes name) {
    return !signs() || message_.add_signatures(section, signatures_.of_set(node, set, name), owner);
  }

  /// An alias is told as it is, else a stand-in; or one signed set (RFC 8482 sections 4.1, 4.2).
  void answer_any(const Node& node, const LookupName& name, const RecordSet* alias) {
    const auto sets = data_.sets_of(node);
    if (alias == nullptr && signs() && !sets.empty()) alias = &sets.front();
    if (alias != nullptr)
      (void)add_signed(Section::answer, node, *alias, {{}, owner_}, name.suffix(0));
    else if (signs())
      steer(node, name, rr::kA);
    else
      message_.add_minimal_any(owner_);
  }

  /// Questions for what signing makes: the NSEC record of a name (RFC 9824 section 3.4), and, of
  /// its signatures, those of one set. False: it is another question.
  bool answer_of_signing(const Node& node, const LookupName& name) {
    const Assembler::Owner owner{{}, owner_};
    if (query_.type == rr::kNsec) {
      add_nsec(Section::answer, owner, signatures_.nsec(node, name.suffix(0), 0));
      if (signs())
        add_signatures(Section::answer, owner, signatures_.of_nsec(node, name.suffix(0), 0));
      return true;
    }
    if (query_.type != rr::kRrsig || node.sets == 0) return false;
    const auto& set = data_.sets_of(node).front();
    add_signatures(Section::answer, owner, signatures_.of_set(node, set, name.suffix(0)));
    return true;
  }

  void add_signatures(Section section, const Assembler::Owner& owner, Bytes signatures) {
    if (!message_.add_signatures(section, signatures, owner)) message_.set_truncated();
  }

  void add_nsec(Section section, const Assembler::Owner& owner, Bytes data) {
    message_.add_nsec(section, owner, data_.zones[zone_].negative_ttl, data);
  }

  /// NODATA. `absent`: a type that `node` has, but not just now.
  void deny_type(const Node& node, const LookupName& name, std::uint16_t absent) {
    add_soa();
    if (!signs()) return;
    const Assembler::Owner owner{{}, owner_};
    add_nsec(Section::authority, owner, signatures_.nsec(node, name.suffix(0), absent));
    add_signatures(Section::authority, owner, signatures_.of_nsec(node, name.suffix(0), absent));
  }

  /// Signed, it looks as if the name were there (RFC 9824 section 3.1), but to those who say that
  /// they know better (section 5.1).
  void deny_name(const LookupName& name) {
    // Whose NSEC record is asked for, has one.
    const bool is_asked_for = signs() && query_.type == rr::kNsec;
    if (!signs() || (query_.edns->compact_ok && !is_asked_for))
      message_.set_rcode(Rcode::nx_domain);
    if (!is_asked_for) add_soa();
    if (!signs()) return;
    const auto section = is_asked_for ? Section::answer : Section::authority;
    const Assembler::Owner owner{{}, owner_};
    add_nsec(section, owner, signatures_.nsec_of_no_name(name.suffix(0)));
    add_signatures(section, owner, signatures_.of_no_name(zone_, name.suffix(0)));
  }

  std::optional<Bytes> follow(const RecordSet& alias, const Node& node, const LookupName& name) {
    const Followed now{&alias, name.hash(0)};
    const auto seen = std::span(followed_).first(aliases_);
    if (std::find(seen.begin(), seen.end(), now) != seen.end()) return {};  // a ring
    const Assembler::Owner owner{{}, owner_};
    if (!message_.add_answer(data_, alias, owner, apex_)) {
      message_.set_truncated();
      return {};
    }
    // The target's name ends where the record does; it begins the next owner.
    const auto& record = data_.records[alias.first_record];
    constexpr std::size_t kBeforeData = 10;  // type, class, TTL, length
    const auto target =
        static_cast<std::uint16_t>(message_.position() - (record.size - kBeforeData));
    if (!sign(Section::answer, node, alias, owner, name.suffix(0))) {
      message_.set_truncated();
      return {};
    }
    if (aliases_ == followed_.size()) return {};
    followed_[aliases_++] = now;
    owner_ = target;
    return data_.bytes(alias.target_offset, alias.target_size);
  }

  /// Below a DNAME: the part of the name below its owner goes on below its target, by a CNAME made
  /// for this name (RFC 6672 section 3.2).
  std::optional<Bytes> redirect(const Node& node, const LookupName& name, Bytes written) {
    const auto* dname = data_.set_of(node, rr::kDname);
    // One that comes round again leads below itself or in a ring: that is the resolver's to find.
    const auto seen = std::span(followed_).first(aliases_);
    const bool again = std::any_of(seen.begin(), seen.end(),
                                   [dname](const Followed& one) { return one.set == dname; });
    if (again) return {};
    if (!add_signed(Section::answer, node, *dname, owner_of(node), data_.name(node))) return {};
    const auto prefix = written.first(name.size() - node.name_size);
    const auto target = data_.bytes(dname->target_offset, dname->target_size);
    if (prefix.size() + target.size() > redirected_.size()) {
      message_.set_rcode(Rcode::yx_domain);
      return {};
    }
    // `prefix` may be what the last redirection left here: then it stands where it belongs.
    std::memmove(redirected_.data(), prefix.data(), prefix.size());
    std::copy(target.begin(), target.end(),
              redirected_.begin() + static_cast<std::ptrdiff_t>(prefix.size()));
    const auto whole = Bytes(redirected_).first(prefix.size() + target.size());
    if (!message_.add_alias(owner_, data_.ttl(*dname), whole)) {
      message_.set_truncated();
      return {};
    }
    const bool asked_for_alias = query_.type == rr::kCname || query_.type == query_type::kAny;
    if (asked_for_alias || aliases_ == followed_.size()) return {};
    followed_[aliases_++] = {dname, name.hash(0)};
    owner_ = static_cast<std::uint16_t>(message_.position() - whole.size());
    return whole;
  }

  /// Where the zone's name stands in the message: at the end of the name that led here.
  void enter_zone(const Found& found, const LookupName& name) {
    if (found.zone == zone_) return;
    zone_ = found.zone;
    apex_ = static_cast<std::uint16_t>(owner_ + name.size() - found.apex_size);
    if (signs() && query_.edns->compact_ok) message_.set_compact_ok();
  }

  Choice choose_for(std::uint32_t site, Family family) {
    const bool by_chance = fleet_.policies[fleet_.sites[site].policy].by_chance;
    const auto chance = by_chance ? state_.chance.take(site, family) : Chance{};
    return choose(fleet_, health_, site, family, client_, chance, load_);
  }

  void steer(const Node& node, const LookupName& name, std::uint16_t type) {
    const auto choice = choose_for(node.site, type == rr::kA ? Family::v4 : Family::v6);
    message_.set_scope(choice.scope);
    for (const auto* candidate : choice.all())
      message_.add_address(owner_, candidate->address, choice.ttl);
    if (choice.count == 0)
      deny_type(node, name, type);
    else if (signs())
      add_signatures(Section::answer, {{}, owner_},
                     signatures_.of_addresses(node, name.suffix(0), type, choice));
    steered_ = true;
  }

  /// The addresses that A and AAAA queries of this client get, as hints.
  void steer_https(const Node& node, const LookupName& name) {
    const auto v4 = choose_for(node.site, Family::v4);
    const auto v6 = choose_for(node.site, Family::v6);
    const auto ttl = std::min(v4.ttl, v6.ttl);
    message_.set_scope(std::max(v4.scope, v6.scope));
    std::array<std::uint8_t, kMostHttpsOctets> buffer;
    WireWriter data(buffer);
    write_https_data(data, fleet_, node.site, v4.all(), v6.all());
    message_.add_https({{}, owner_}, ttl, data.written());
    if (signs())
      add_signatures(Section::answer, {{}, owner_},
                     signatures_.of_https(node, name.suffix(0), ttl, data.written(), v4, v6));
    steered_ = true;
  }

  /// A referral: the names of the child zone's servers, and their addresses if we know them.
  void refer(const Node& cut) {
    const auto* servers = data_.set_of(cut, rr::kNs);
    if (!message_.add_authority(data_, *servers, owner_of(cut), apex_)) {
      message_.set_truncated();
      return;
    }
    if (signs()) tell_security(cut);
    // First the addresses without which the child cannot be reached: those of names below the cut
    // (RFC 9471 section 3.1), then those that spare a question.
    if (!add_addresses_of_targets(*servers, &cut, Below::cut)) message_.set_truncated();
    add_addresses_of_targets(*servers, &cut, Below::elsewhere);
  }

  /// Whether the child zone is signed: its DS records, or the proof that there are none (RFC 4035
  /// section 3.1.4).
  void tell_security(const Node& cut) {
    if (const auto* keys = data_.set_of(cut, rr::kDs)) {
      (void)add_signed(Section::authority, cut, *keys, owner_of(cut), data_.name(cut));
      return;
    }
    add_nsec(Section::authority, owner_of(cut), signatures_.nsec(cut, data_.name(cut), 0));
    add_signatures(Section::authority, owner_of(cut), signatures_.of_nsec(cut, data_.name(cut), 0));
  }

  enum class Below : std::uint8_t { cut, elsewhere };

  /// Addresses of the targets that are at or below `cut`, or of the others. False: not all fitted.
  bool add_addresses_of_targets(const RecordSet& set, const Node* cut = nullptr,
                                Below where = Below::elsewhere) {
    bool complete = true;
    for (auto i = set.first_additional; i < set.first_additional + set.additionals; ++i) {
      const auto& node = data_.nodes[data_.additionals[i]];
      const bool below = cut != nullptr && node.cut != kNone && &data_.nodes[node.cut] == cut;
      if (below != (where == Below::cut)) continue;
      for (const auto type : {rr::kA, rr::kAaaa}) complete &= add_additional(node, type);
      // Where an alias leads, the next record of its kind says more (RFC 9460 section 4.1).
      if (rr::is_service(set.type) && &node != answered_) add_additional(node, set.type);
    }
    return complete;
  }

  /// False: it did not fit. Its signatures are nice to have (RFC 4035 section 3.1.1), so they are
  /// never made or waited for.
  bool add_additional(const Node& node, std::uint16_t type) {
    const auto* set = data_.set_of(node, type);
    if (set == nullptr) return true;
    if (!message_.add_additional(data_, *set, owner_of(node), apex_)) return false;
    if (signs() && &node != answered_)
      (void)message_.add_signatures(Section::additional, signatures_.made_ahead(node, *set),
                                    owner_of(node));
    return true;
  }

  void add_soa() {
    const auto& zone = data_.zones[zone_];
    message_.add_negative_soa(data_, zone, apex_);
    if (!signs()) return;
    const auto& apex = data_.nodes[zone.apex];
    const auto signatures =
        signatures_.of_set(apex, *data_.set_of(apex, rr::kSoa), data_.name(apex));
    if (!message_.add_signatures(Section::authority, signatures, {{}, apex_}, zone.negative_ttl))
      message_.set_truncated();
  }

  /// A wildcard that answers does so in the name that was asked for.
  Assembler::Owner owner_of(const Node& node) const {
    if (&node == answered_) return {{}, owner_};
    return {data_.owner(node), apex_};
  }

  const Query& query_;
  const IpAddress& client_;
  const ZoneData& data_;
  const Fleet& fleet_;
  const HealthTable& health_;
  const LoadTable& load_;
  WorkerState& state_;
  Assembler& message_;
  RecordSignatures signatures_;
  std::uint32_t zone_ = kNone;
  // Where names begin in the message.
  std::uint16_t owner_ = kQuestionOffset;
  std::uint16_t apex_ = 0;
  const Node* answered_ = nullptr;  // the node that owner_ is or that stands for it
  struct Followed {
    const RecordSet* set;
    std::uint64_t owner;  // hash of the name: a wildcard's set has many owners
    friend bool operator==(const Followed&, const Followed&) = default;
  };
  std::array<Followed, kMostAliases> followed_;
  std::size_t aliases_ = 0;
  std::array<std::uint8_t, kMostNameOctets> redirected_;  // what the last DNAME made
  bool steered_ = false;
};

}  // namespace

Resolved resolve(const Query& query, const IpAddress& client, const Serving& serving,
                 WorkerState& state, const Now& now, Assembler& message) {
  return Resolution(query, client, serving, state, now, message).run();
}

}  // namespace meridian::dns
