#include "dns-steer/transfer/outgoing.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "dns-steer/query/assemble.h"
#include "dns-steer/query/parse.h"
#include "dns-steer/steer/https_record.h"
#include "dns-steer/steer/policy.h"
#include "dns-steer/transfer/signed_query.h"
#include "dns-steer/zone/lookup.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

// A message grows until it has this much; a set that is larger goes out alone.
constexpr std::size_t kMessageOctets = 16'384;

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

/// Counts itself while it lives.
class Place {
 public:
  /// Null: all places are taken.
  static std::unique_ptr<Place> take(TransferCounters& counters) {
    if (counters.under_way.fetch_add(1) < TransferCounters::kMostAtOnce)
      return std::unique_ptr<Place>(new Place(counters));
    --counters.under_way;
    return nullptr;
  }
  ~Place() { --counters_.under_way; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  explicit Place(TransferCounters& counters) : counters_(counters) {}
  TransferCounters& counters_;
};

/// The messages that answer one query. Holds the state that it was asked with.
class Reply : public MessageSource {
 public:
  Reply(const Query& query, std::shared_ptr<const Serving> serving,
        std::unique_ptr<TsigQuery> signature, Rcode rcode)
      : serving_(std::move(serving)),
        signature_(std::move(signature)),
        question_(query.question.begin(), query.question.end()),
        rcode_(rcode) {
    query_.id = query.id;
    query_.flags = query.flags;
    query_.question = question_;
    edns_.present = query.edns.has_value();
    edns_.udp_octets = serving_->snapshot->settings.udp_octets;
  }

  /// A single message without records, unless a subclass knows better.
  std::size_t next(std::span<std::uint8_t> out) override {
    if (done_) return 0;
    Assembler message(out, out.size() - (signature_ ? signature_->octets() : 0), query_, edns_);
    message.set_rcode(rcode_);
    if (rcode_ == Rcode::no_error) {
      message.set_authoritative();
      done_ = !fill(message);
    } else {
      done_ = true;
    }
    const auto size = message.finish();
    return signature_ ? signature_->finish(out, size) : size;
  }

 protected:
  /// False: that was all.
  virtual bool fill(Assembler&) { return false; }
  const Serving& serving() const { return *serving_; }
  const ZoneData& data() const { return serving_->snapshot->zones; }

  /// Whole, or not at all.
  bool add(Assembler& message, const Node& node, const RecordSet& set) const {
    return message.add_answer(data(), set, {data().owner(node), kQuestionOffset}, kQuestionOffset);
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

/// The SOA alone: who asked has the newest serial.
class Current final : public Reply {
 public:
  Current(const Query& query, std::shared_ptr<const Serving> serving,
          std::unique_ptr<TsigQuery> signature, std::uint32_t zone)
      : Reply(query, std::move(serving), std::move(signature), Rcode::no_error), zone_(zone) {}

 private:
  bool fill(Assembler& message) override {
    const auto& apex = data().nodes[data().zones[zone_].apex];
    (void)add(message, apex, *data().set_of(apex, rr::kSoa));
    return false;
  }
  std::uint32_t zone_;
};

/// SOA, everything else, SOA (RFC 5936 section 2.2).
class Transfer final : public Reply {
 public:
  Transfer(const Query& query, std::shared_ptr<const Serving> serving,
           std::unique_ptr<TsigQuery> signature, std::uint32_t zone, std::unique_ptr<Place> place)
      : Reply(query, std::move(serving), std::move(signature), Rcode::no_error),
        zone_(zone),
        place_(std::move(place)) {
    // Nodes stand zone after zone.
    const auto& nodes = data().nodes;
    const auto first = std::partition_point(nodes.begin(), nodes.end(),
                                            [&](const Node& node) { return node.zone < zone; });
    node_ = static_cast<std::uint32_t>(first - nodes.begin());
  }

 private:
  bool fill(Assembler& message) override {
    const auto& apex = data().nodes[data().zones[zone_].apex];
    const auto& soa = *data().set_of(apex, rr::kSoa);
    if (!began_) (void)add(message, apex, soa);
    began_ = true;
    while (message.position() < kMessageOctets) {
      if (node_ == data().nodes.size() || data().nodes[node_].zone != zone_)
        return !add(message, apex, soa);
      const auto& node = data().nodes[node_];
      if (set_ < node.sets) {
        const auto& set = data().sets_of(node)[set_];
        if (set.type != rr::kSoa && !add(message, node, set)) return true;
        ++set_;
        continue;
      }
      if (node.site != kNone && !steered_) {
        add_steered(message, node);
        steered_ = true;
        continue;
      }
      ++node_;
      set_ = 0;
      steered_ = false;
    }
    return true;
  }

  /// What a client whose place nobody knows gets now. There is room: it is less than a set may be.
  void add_steered(Assembler& message, const Node& node) const {
    const Assembler::Owner owner{data().owner(node), kQuestionOffset};
    const auto& fleet = serving().snapshot->fleet;
    const auto now = [&](Family family) {
      return choose(fleet, serving().health, node.site, family, IpAddress());
    };
    const auto v4 = now(Family::v4);
    const auto v6 = now(Family::v6);
    for (const auto* choice : {&v4, &v6}) {
      for (const auto* candidate : choice->all())
        message.add_address_of(owner, candidate->address, choice->ttl);
    }
    if (!node.steers_https) return;
    std::array<std::uint8_t, kMostHttpsOctets> room;
    WireWriter https(room);
    write_https_data(https, fleet, node.site, v4.all(), v6.all());
    message.add_https(owner, v4.ttl, https.written());
  }

  std::uint32_t zone_;
  std::unique_ptr<Place> place_;
  bool began_ = false;
  std::uint32_t node_ = 0;
  std::size_t set_ = 0;
  bool steered_ = false;
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
  const auto shared = sharing.zones.find(zone);
  const auto key = signature ? signature->key() : kNoKey;
  const bool allowed =
      shared != sharing.zones.end() &&
      std::any_of(shared->second.rules.begin(), shared->second.rules.end(),
                  [&](const auto& rule) { return fits(rule, request.client, key); });
  if (!allowed) return refuse(Rcode::refused);
  std::uint32_t serial = 0;
  if (query.type == query_type::kIxfr &&
      read_serial(request.message, kHeaderOctets + query.question.size(), serial) &&
      !is_newer(serial_of(snapshot.zones, zone), serial)) {
    ++counters.current;
    return std::make_unique<Current>(query, serving, std::move(signature), zone);
  }
  auto place = Place::take(counters);
  if (!place) return refuse(Rcode::serv_fail);
  ++counters.begun;
  return std::make_unique<Transfer>(query, serving, std::move(signature), zone, std::move(place));
}

}  // namespace

OpenSource open_transfers(TransferCounters& counters) {
  return [&counters](const Request& request, const std::shared_ptr<const Serving>& serving,
                     const Now& now) { return open(counters, request, serving, now); };
}

}  // namespace meridian::dns
