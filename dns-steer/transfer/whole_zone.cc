#include "dns-steer/transfer/whole_zone.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dns-steer/steer/answer_sets.h"
#include "dns-steer/steer/https_record.h"
#include "dns-steer/steer/policy.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

// A message grows until it has this much; a set that is larger goes out alone.
constexpr std::size_t kMessageOctets = 16'384;
// Each costs 30 us or so, and other clients wait for it.
constexpr std::size_t kMostFresh = 16;

}  // namespace

std::unique_ptr<TransferPlace> TransferPlace::take(TransferCounters& counters) {
  if (counters.under_way.fetch_add(1) < TransferCounters::kMostAtOnce)
    return std::unique_ptr<TransferPlace>(new TransferPlace(counters));
  --counters.under_way;
  return nullptr;
}

const ZoneSignatures* whole_signatures(const Serving& serving, std::uint32_t zone) {
  if (!serving.signatures) return nullptr;
  const auto* made = serving.signatures->zones[zone].get();
  return made != nullptr && made->complete() && made->has_chain() ? made : nullptr;
}

WholeZone::WholeZone(const Query& query, std::shared_ptr<const Serving> serving,
                     std::unique_ptr<TsigQuery> signature, const What& what,
                     std::unique_ptr<TransferPlace> place)
    : Reply(query, std::move(serving), std::move(signature), Rcode::no_error),
      what_(what),
      place_(std::move(place)),
      node_(data().zones[what.zone].first_node) {}

bool WholeZone::fill(Assembler& message) {
  const auto& part = data().zones[what_.zone];
  const auto& apex = apex_of(what_.zone);
  const auto& soa = *data().set_of(apex, rr::kSoa);
  if (!began_) (void)add(message, apex, soa);
  began_ = true;
  fresh_ = 0;
  while (message.position() < kMessageOctets && fresh_ < kMostFresh) {
    if (node_ == part.first_node + part.nodes) return !add(message, apex, soa);
    if (!step(message)) return true;
    if (failed_) {
      message.fail(Rcode::serv_fail);
      return false;
    }
  }
  return true;
}

/// The next part of a node. False: it does not fit any more. But for sets, which may be as large
/// as a message, there is room: all else is less than a message may grow beyond kMessageOctets.
bool WholeZone::step(Assembler& message) {
  const auto& node = data().nodes[node_];
  if (set_ < node.sets) return add_static(message, node);
  if (!steered_) {
    steered_types_.clear();
    // Below a delegation nobody is asked here; an unsigned zone tells it as it tells glue.
    if (node.site != kNone && (node.cut == kNone || what_.made == nullptr))
      add_steered(message, node);
    steered_ = true;
    return true;
  }
  if (what_.made != nullptr) add_denial(message, node);
  ++node_;
  set_ = 0;
  steered_ = false;
  return true;
}

bool WholeZone::add_static(Assembler& message, const Node& node) {
  const auto& set = data().sets_of(node)[set_];
  if (!signature_due_) {
    if (set.type != rr::kSoa && !add(message, node, set)) return false;
    signature_due_ = true;
    return true;
  }
  if (what_.made != nullptr) {
    const auto number = node.first_set + static_cast<std::uint32_t>(set_);
    const auto made = what_.made->of_set(number - data().zones[what_.zone].first_set);
    if (!message.add_signatures(Assembler::Section::answer, made, owner_of(node))) return false;
  }
  signature_due_ = false;
  ++set_;
  return true;
}

void WholeZone::add_steered(Assembler& message, const Node& node) {
  const auto now = [&](Family family) {
    return choose(serving().snapshot->fleet, serving().health, node.site, family, IpAddress());
  };
  const auto v4 = now(Family::v4);
  const auto v6 = now(Family::v6);
  add_addresses(message, node, Family::v4, v4);
  add_addresses(message, node, Family::v6, v6);
  if (node.steers_https) add_https(message, node, v4, v6);
}

void WholeZone::add_addresses(Assembler& message, const Node& node, Family family,
                              const Choice& choice) {
  if (choice.count == 0) return;
  const auto type = family == Family::v4 ? rr::kA : rr::kAaaa;
  canonical_.begin(data().name(node), type, choice.ttl);
  for (const auto* candidate : choice.all()) {
    message.add_address_of(owner_of(node), candidate->address, choice.ttl);
    canonical_.add(candidate->address.bytes());
  }
  canonical_.finish();
  steered_types_.push_back(type);
  if (what_.made == nullptr) return;
  const auto key = signature_key(number_in_zone(), type, choice.ttl, answer_set_key(choice.all()));
  add_signatures(message, node, what_.made->of(key));
}

void WholeZone::add_https(Assembler& message, const Node& node, const Choice& v4,
                          const Choice& v6) {
  std::array<std::uint8_t, kMostHttpsOctets> buffer;
  WireWriter out(buffer);
  write_https_data(out, serving().snapshot->fleet, node.site, v4.all(), v6.all());
  const auto ttl = std::min(v4.ttl, v6.ttl);
  message.add_https(owner_of(node), ttl, out.written());
  canonical_.begin(data().name(node), rr::kHttps, ttl);
  canonical_.add(out.written());
  canonical_.finish();
  steered_types_.push_back(rr::kHttps);
  if (what_.made == nullptr) return;
  const auto key = signature_key(number_in_zone(), rr::kHttps, ttl,
                                 answer_set_key(v4.all()) + answer_set_key(v6.all()));
  add_signatures(message, node, what_.made->of(key));
}

void WholeZone::add_denial(Assembler& message, const Node& node) {
  const auto next = what_.made->next_in_chain(number_in_zone());
  if (next == kNone) return;
  const auto& zone = data().zones[what_.zone];
  read_chain_nsec(data(), node_, zone.first_node + next, steered_types_, nsec_);
  message.add_nsec(Assembler::Section::answer, owner_of(node), zone.negative_ttl, nsec_.data);
  canonical_.begin(data().name(node), rr::kNsec, zone.negative_ttl);
  canonical_.add(nsec_.data);
  canonical_.finish();
  const auto key = signature_key(number_in_zone(), rr::kNsec, 0, kInChain);
  add_signatures(message, node, what_.made->of(key));
}

/// Of canonical_, which is signed now if it was not ahead.
void WholeZone::add_signatures(Assembler& message, const Node& node, Bytes made_ahead) {
  auto signatures = made_ahead;
  if (signatures.empty()) {
    const auto& signer = *serving().snapshot->signers[what_.zone];
    room_.clear();
    ++fresh_;
    failed_ |= !signer.sign(canonical_, signer.validity(what_.now, 0), room_);
    signatures = room_;
  }
  (void)message.add_signatures(Assembler::Section::answer, signatures, owner_of(node));
}

}  // namespace meridian::dns
