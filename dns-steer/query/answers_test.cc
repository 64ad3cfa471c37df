#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include "common/config/documents.h"
#include "common/dnssec/key.h"
#include "common/snapshot/snapshot.h"
#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"
#include "common/zone/records.h"
#include "dns-steer/compile/signature_keeper.h"
#include "dns-steer/compile/snapshot.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns::testing {

const char kShop[] = R"(
kind: Location
name: fra
spec: {latitude: 50.1, longitude: 8.7}
---
kind: Location
name: nyc
spec: {latitude: 40.7, longitude: -74.0}
---
kind: Location
name: sin
spec: {latitude: 1.4, longitude: 103.8}
---
kind: Node
name: edge-fra
spec: {role: edge, location: fra, addresses: [192.0.2.1, "2001:db8::1"]}
---
kind: Node
name: edge-nyc
spec: {role: edge, location: nyc, addresses: [192.0.2.2]}
---
kind: Node
name: edge-sin
spec: {role: edge, location: sin, addresses: [192.0.2.3]}
---
kind: SteeringPolicy
name: places
spec:
  overrides:
    - {client_prefixes: [198.51.100.0/24, "2001:db8:5::/48"], locations: [sin]}
    - {client_prefixes: [198.51.0.0/16], locations: [nyc]}
---
kind: Site
name: shop
spec: {hostnames: [www.shop.test, "*.cdn.shop.test"], steering_policy: places}
---
kind: Zone
name: shop.test
spec:
  nameservers: [ns1, ns.other.test.]
  contact: dns.admin@shop.test
  records:
    - {name: ns1, type: A, data: [192.0.2.53]}
    - {name: mail, type: A, data: [192.0.2.25]}
    - {name: mail, type: AAAA, data: ["2001:db8::25"]}
    - {name: "@", type: MX, data: [10 mail, 20 mx.other.test.]}
    - {name: www, type: TXT, data: ['"steered"']}
    - {name: alias, type: CNAME, data: [www]}
    - {name: away, type: CNAME, data: [www.other.test.]}
    - {name: dead, type: CNAME, data: [nothing]}
    - {name: ring1, type: CNAME, data: [ring2]}
    - {name: ring2, type: CNAME, data: [ring1]}
    - {name: "*.wild", type: A, ttl: 60s, data: [192.0.2.99]}
    - {name: "*.aliases", type: CNAME, data: [mail]}
    - {name: a.b.c, type: TXT, data: ['"deep"']}
    - {name: sub, type: NS, data: [ns.sub, ns2.other.test.]}
    - {name: sub, type: DS, data: [1 8 1 00112233445566778899aabbccddeeff00112233]}
    - {name: ns.sub, type: A, data: [192.0.2.54]}
    - {name: odd, type: TYPE65280, data: ['\# 2 0a0b']}
)";

std::shared_ptr<const Serving> serving_from(const std::string& yaml, const HealthView& view,
                                            const std::vector<std::filesystem::path>& databases) {
  const auto documents = config::parse_documents(yaml, "test.yaml");
  for (const auto& error : documents.errors) ADD_FAILURE() << error.text();
  v1::Snapshot snapshot;
  snapshot.set_revision(7);
  snapshot.set_role(v1::ROLE_DNS);
  for (const auto& document : documents.documents) {
    const auto& resource = document.resource;
    pack_resource(resource, snapshot);
    if (resource.zone().sign())
      keys_for(resource.name(), resource.zone().signing())
          .SerializeToString(snapshot.add_zone_keys());
  }
  DatabaseSet set;
  if (!databases.empty()) {
    set.databases = open_databases(databases).value();
    set.identity = "test";
  }
  Geography geography(std::move(set));
  auto compiled = compile_snapshot(snapshot, geography);
  if (!compiled) {
    ADD_FAILURE() << compiled.error().text();
    std::abort();
  }
  return std::make_shared<const Serving>(std::move(*compiled), view);
}

v1::ZoneKeys keys_for(const std::string& zone, const v1::ZoneSigning& signing) {
  auto algorithm = signing.algorithm();
  if (algorithm == v1::DNSSEC_ALGORITHM_UNSPECIFIED)
    algorithm = v1::DNSSEC_ALGORITHM_ECDSAP256SHA256;
  // The same in every revision of a test.
  static std::map<std::string, v1::ZoneKeys> all;
  auto& keys = all[zone + std::to_string(algorithm) + (signing.split_keys() ? "split" : "")];
  if (keys.keys_size() > 0) return keys;
  keys.set_zone(zone);
  const auto add = [&](v1::KeyRole role) {
    const auto made = dnssec::make_key(static_cast<dnssec::Algorithm>(algorithm)).value();
    auto& key = *keys.add_keys();
    key.set_role(role);
    key.set_algorithm(algorithm);
    key.set_private_key(made.private_half);
    key.set_public_key(made.public_half);
    key.set_state(v1::KEY_STATE_ACTIVE);
  };
  add(signing.split_keys() ? v1::KEY_ROLE_KSK : v1::KEY_ROLE_CSK);
  if (signing.split_keys()) add(v1::KEY_ROLE_ZSK);
  return keys;
}

std::shared_ptr<const Serving> signed_ahead(const std::shared_ptr<const Serving>& serving,
                                            const HealthView& view) {
  auto made = sign_revision(serving->snapshot, {}, kTestTime, [] { return true; });
  return std::make_shared<const Serving>(made.snapshot, view, LastGood{}, made.signatures);
}

Packet packet(const Question& question) {
  const auto name = zone::parse_name(question.name).value();
  Packet buffer(1024 + question.options.size());
  WireWriter out(buffer);
  const auto bytes = [&out](const std::string& text) {
    out.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  out.u16(0x1234);
  out.u16(question.flags);
  out.u16(1);
  out.u32(0);
  out.u16(question.edns ? 1 : 0);
  bytes(name);
  out.u16(question.type);
  out.u16(question.qclass);
  if (question.edns) {
    out.u8(0);
    out.u16(41);
    out.u16(question.udp_size);
    out.u8(0);
    out.u8(question.version);
    out.u16(static_cast<std::uint16_t>((question.dnssec_ok ? 0x8000 : 0) |
                                       (question.compact_ok ? 0x4000 : 0)));
    out.u16(static_cast<std::uint16_t>(question.options.size()));
    bytes(question.options);
  }
  buffer.resize(out.position());
  return buffer;
}

std::string subnet_option(std::uint16_t family, std::uint8_t source, const std::string& octets,
                          std::uint8_t scope) {
  const auto size = octets.size() + 4;
  std::string option{0,
                     8,
                     static_cast<char>(size >> 8),
                     static_cast<char>(size),
                     static_cast<char>(family >> 8),
                     static_cast<char>(family),
                     static_cast<char>(source),
                     static_cast<char>(scope)};
  return option + octets;
}

Packet ask(const Serving& serving, const Packet& query, Transport transport,
           const std::string& client) {
  WorkerState state(1);
  return ask(serving, state, Now{Instant{}, kTestTime}, query, transport, client);
}

Packet ask(const Serving& serving, WorkerState& state, const Now& now, const Packet& query,
           Transport transport, const std::string& client) {
  Packet out(transport == Transport::udp ? kMostUdpOctets : kMostTcpOctets);
  const Request request{query, parse_address(client).value(), transport};
  out.resize(answer(request, serving, state, now, out).size);
  return out;
}

std::shared_ptr<const Serving> serving_with(const AnswerSettings& settings) {
  auto snapshot = std::make_shared<Snapshot>(*serving_from(kShop)->snapshot);
  snapshot->settings = settings;
  return std::make_shared<const Serving>(std::move(snapshot), HealthView{});
}

namespace {

std::string take(char* text) {
  const std::string result = text;
  std::free(text);
  return result;
}

void describe_section(std::ostream& out, const char* section, const ldns_rr_list* records) {
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    std::istringstream words(take(ldns_rr2str(ldns_rr_list_rr(records, i))));
    out << "\n" << section;
    for (std::string word; words >> word;) out << " " << word;
  }
}

}  // namespace

std::string describe(const Packet& message) {
  if (message.empty()) return "nothing";
  ldns_pkt* read = nullptr;
  if (ldns_wire2pkt(&read, message.data(), message.size()) != LDNS_STATUS_OK) return "unreadable";
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> parsed(read, &ldns_pkt_free);
  std::ostringstream out;
  const auto rcode = ldns_pkt_get_rcode(read) | ldns_pkt_edns_extended_rcode(read) << 4;
  out << (rcode == 16   ? "BADVERS"
          : rcode == 23 ? "BADCOOKIE"
                        : take(ldns_pkt_rcode2str(ldns_pkt_get_rcode(read))));
  if (ldns_pkt_aa(read)) out << " aa";
  if (ldns_pkt_tc(read)) out << " tc";
  if (ldns_pkt_rd(read)) out << " rd";
  if (ldns_pkt_ra(read)) out << " ra";
  describe_section(out, "answer", ldns_pkt_answer(read));
  describe_section(out, "authority", ldns_pkt_authority(read));
  describe_section(out, "additional", ldns_pkt_additional(read));
  return out.str();
}

std::string edns_option(std::uint16_t code, const std::string& data) {
  std::string wire;
  for (const auto number : {static_cast<std::size_t>(code), data.size()}) {
    wire += static_cast<char>(number >> 8);
    wire += static_cast<char>(number);
  }
  return wire + data;
}

namespace {

/// The data of an option; none: the answer has no such option.
std::optional<Packet> find_option(const Packet& message, std::uint16_t wanted) {
  ldns_pkt* read = nullptr;
  if (ldns_wire2pkt(&read, message.data(), message.size()) != LDNS_STATUS_OK) return {};
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> parsed(read, &ldns_pkt_free);
  const auto* all = ldns_pkt_edns_data(read);
  if (all == nullptr) return {};
  WireReader options({ldns_rdf_data(all), ldns_rdf_size(all)});
  while (options.remaining() > 0) {
    const auto code = options.u16();
    const auto data = options.bytes(options.u16());
    if (code == wanted) return Packet(data.begin(), data.end());
  }
  return {};
}

}  // namespace

std::string option_of(const Packet& message, std::uint16_t code) {
  const auto data = find_option(message, code);
  if (!data) return "none";
  std::string text;
  for (const auto octet : *data) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text += {kDigits[octet >> 4], kDigits[octet & 15]};
  }
  return text;
}

std::string option_bytes(const Packet& message, std::uint16_t code) {
  const auto data = find_option(message, code).value_or(Packet());
  return {data.begin(), data.end()};
}

int scope_of(const Packet& message) {
  const auto data = find_option(message, 8);
  return data ? data->at(3) : -1;
}

}  // namespace meridian::dns::testing
