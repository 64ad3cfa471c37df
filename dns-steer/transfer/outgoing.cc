#include "dns-steer/transfer/outgoing.h"

#include <algorithm>
#include <utility>

#include "dns-steer/transfer/reply.h"
#include "dns-steer/transfer/whole_zone.h"
#include "dns-steer/zone/lookup.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

/// Whose question the header and the first octets say; without looking at anything else.
bool asks_for_transfer(Bytes message) {
  WireReader reader(message);
  (void)reader.bytes(kHeaderOctets);
  for (auto length = reader.u8(); reader.ok() && length != 0; length = reader.u8()) {
    if (length > 63) return false;
    (void)reader.bytes(length);
  }
  const auto type = reader.u16();
  return reader.ok() && (type == query_type::kAxfr || type == query_type::kIxfr);
}

/// The serial in the authority section of an IXFR query.
bool read_serial(Bytes message, std::size_t after_question, std::uint32_t& serial) {
  WireReader reader(message);
  (void)reader.bytes(8);
  if (reader.u16() != 1) return false;
  (void)reader.bytes(after_question - reader.position());
  const auto skip_name = [&reader] {
    for (auto length = reader.u8(); reader.ok() && length != 0; length = reader.u8()) {
      if (length >= 0xc0) return (void)reader.u8();
      (void)reader.bytes(length);
    }
  };
  skip_name();
  if (reader.u16() != rr::kSoa) return false;
  (void)reader.bytes(8);  // class, TTL, length
  skip_name();            // MNAME
  skip_name();            // RNAME
  serial = reader.u32();
  return reader.ok();
}

/// The SOA alone: who asked has the newest serial.
class Current final : public Reply {
 public:
  Current(const Query& query, std::shared_ptr<const Serving> serving,
          std::unique_ptr<TsigQuery> signature, std::uint32_t zone)
      : Reply(query, std::move(serving), std::move(signature), Rcode::no_error), zone_(zone) {}

 private:
  bool fill(Assembler& message) override {
    const auto& apex = apex_of(zone_);
    (void)add(message, apex, *data().set_of(apex, rr::kSoa));
    return false;
  }
  std::uint32_t zone_;
};

bool fits(const TransferRule& rule, const IpAddress& client, std::uint32_t key) {
  const auto& prefixes = rule.client_prefixes;
  const bool here =
      prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(),
                                      [&](const auto& prefix) { return prefix.contains(client); });
  const auto& keys = rule.keys;
  return here && (keys.empty() || std::find(keys.begin(), keys.end(), key) != keys.end());
}

/// The number of the zone whose apex is asked for; kNone: it is none of ours.
std::uint32_t zone_asked(const Snapshot& snapshot, const Query& query) {
  const auto found = find(snapshot.zones, query.name, CutSide::child);
  if (found.kind != Found::Kind::node || query.qclass != kClassIn) return kNone;
  const auto& apex = snapshot.zones.nodes[snapshot.zones.zones[found.zone].apex];
  return found.node == &apex ? found.zone : kNone;
}

bool may_have(const Sharing& sharing, std::uint32_t zone, const IpAddress& client,
              const TsigQuery* signature) {
  const auto shared = sharing.zones.find(zone);
  if (shared == sharing.zones.end()) return false;
  const auto key = signature != nullptr ? signature->key() : kNoKey;
  const auto& rules = shared->second.rules;
  return std::any_of(rules.begin(), rules.end(),
                     [&](const auto& rule) { return fits(rule, client, key); });
}

/// RFC 1982.
bool is_newer(std::uint32_t a, std::uint32_t b) { return a != b && a - b < 0x80000000u; }

std::unique_ptr<MessageSource> open(TransferCounters& counters, const Request& request,
                                    const std::shared_ptr<const Serving>& serving, const Now& now) {
  if (!asks_for_transfer(request.message)) return nullptr;
  Query query;
  Refusal refusal;
  if (parse_query(request.message, query, refusal) == Parsed::drop) return nullptr;
  // What is malformed, or another opcode, or of another EDNS version, has its answer already.
  if (query.question.empty() || refusal.rcode != Rcode::refused) return nullptr;

  const auto& snapshot = *serving->snapshot;
  const auto& sharing = *snapshot.sharing;
  std::unique_ptr<TsigQuery> signature;
  if (query.signed_from != 0) {
    signature = TsigQuery::judge(sharing, request.message, query.signed_from, now.unix_seconds);
    if (!signature) return nullptr;
  }
  const auto refuse = [&](Rcode rcode) {
    ++(rcode == Rcode::serv_fail ? counters.busy : counters.refused);
    return std::make_unique<Reply>(query, serving, std::move(signature), rcode);
  };
  if (signature && !signature->good()) return refuse(Rcode::not_auth);
  const auto zone = zone_asked(snapshot, query);
  if (zone == kNone) return refuse(Rcode::not_auth);
  if (!may_have(sharing, zone, request.client, signature.get())) return refuse(Rcode::refused);
  std::uint32_t serial = 0;
  if (query.type == query_type::kIxfr &&
      read_serial(request.message, kHeaderOctets + query.question.size(), serial) &&
      !is_newer(serial_of(snapshot.zones, zone), serial)) {
    ++counters.current;
    return std::make_unique<Current>(query, serving, std::move(signature), zone);
  }
  const WholeZone::What what{zone, whole_signatures(*serving, zone), now.unix_seconds};
  // Before all is signed, after a start, who comes gets SERVFAIL and comes again.
  if (snapshot.zones.zones[zone].is_signed && what.made == nullptr) return refuse(Rcode::serv_fail);
  auto place = TransferPlace::take(counters);
  if (!place) return refuse(Rcode::serv_fail);
  ++counters.begun;
  return std::make_unique<WholeZone>(query, serving, std::move(signature), what, std::move(place));
}

}  // namespace

std::uint32_t zone_to_transfer(const Snapshot& snapshot, const Query& query,
                               const IpAddress& client, const SignedQuery* signature) {
  const auto zone = zone_asked(snapshot, query);
  const auto* by_tsig = static_cast<const TsigQuery*>(signature);
  return may_have(*snapshot.sharing, zone, client, by_tsig) ? zone : kNone;
}

OpenSource open_transfers(TransferCounters& counters) {
  return [&counters](const Request& request, const std::shared_ptr<const Serving>& serving,
                     const Now& now) { return open(counters, request, serving, now); };
}

}  // namespace meridian::dns
