// A secondary of a signed zone answers from its copy alone: all that it needs must be there.
#include <cctype>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include "dns-steer/query/test_answers.h"
#include "dns-steer/transfer/outgoing.h"

namespace meridian::dns {
namespace {

using testing::kTestTime;
using testing::Packet;

const char kSharedWith[] = "  allow_transfer: [{client_prefixes: [192.0.2.0/24]}]\n";

std::vector<Packet> transfer(const std::shared_ptr<const Serving>& serving,
                             const std::string& zone) {
  static TransferCounters counters;
  const auto query = testing::packet({.name = zone, .type = query_type::kAxfr});
  const Request request{query, parse_address("192.0.2.1").value(), Transport::tcp, {}};
  const auto source =
      open_transfers(counters)(request, serving, {.instant = {}, .unix_seconds = kTestTime});
  std::vector<Packet> messages;
  Packet buffer(kMostTcpOctets);
  while (const auto size = source->next(buffer))
    messages.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  return messages;
}

/// Names as ldns orders them: as RFC 4034 section 6.1 says.
struct Canonically {
  bool operator()(const std::string& a, const std::string& b) const {
    return ldns_dname_compare(name(a).get(), name(b).get()) < 0;
  }
  struct Free {
    void operator()(ldns_rdf* data) const { ldns_rdf_deep_free(data); }
  };
  static std::unique_ptr<ldns_rdf, Free> name(const std::string& text) {
    return std::unique_ptr<ldns_rdf, Free>(ldns_dname_new_frm_str(text.c_str()));
  }
};

/// A copy as a validator sees it: from the records alone.
class Copy {
 public:
  explicit Copy(const std::vector<Packet>& messages) {
    for (const auto& message : messages) {
      ldns_pkt* packet = nullptr;
      if (ldns_wire2pkt(&packet, message.data(), message.size()) != LDNS_STATUS_OK) {
        faults_ += "unreadable\n";
        return;
      }
      packets_.emplace_back(packet, ldns_pkt_free);
      const auto* answer = ldns_pkt_answer(packet);
      for (std::size_t i = 0; i < ldns_rr_list_rr_count(answer); ++i)
        all_.push_back(ldns_rr_list_rr(answer, i));
    }
    if (all_.size() < 2 || ldns_rr_compare(all_.front(), all_.back()) != 0) {
      faults_ += "does not stand between two SOAs\n";
      return;
    }
    all_.pop_back();
    apex_ = owner_of(all_.front());
    for (auto* record : all_) names_[owner_of(record)][ldns_rr_get_type(record)].push_back(record);
    check();
  }

  const std::string& faults() const { return faults_; }
  std::size_t signatures() const { return signatures_; }
  bool has(const std::string& name, ldns_rr_type type) const {
    const auto found = names_.find(name);
    return found != names_.end() && found->second.contains(type);
  }

 private:
  using Types = std::map<ldns_rr_type, std::vector<ldns_rr*>>;
  enum class Place { inside, delegation, elsewhere };

  static std::string text_of(const ldns_rdf* data) {
    char* text = ldns_rdf2str(data);
    std::string result = text;
    std::free(text);
    for (auto& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
  }
  static std::string owner_of(const ldns_rr* record) { return text_of(ldns_rr_owner(record)); }

  /// From the apex downwards, the first delegation or DNAME decides.
  Place place_of(const std::string& name) const {
    std::vector<std::string> above;
    for (auto at = name; at != apex_;) {
      above.insert(above.begin(), at);
      const auto own = Canonically::name(at);
      const std::unique_ptr<ldns_rdf, Canonically::Free> up(ldns_dname_left_chop(own.get()));
      at = text_of(up.get());
    }
    if (name != apex_ && has(apex_, LDNS_RR_TYPE_DNAME)) return Place::elsewhere;
    for (const auto& one : above) {
      const bool wildcard = one.starts_with("*.");
      if (has(one, LDNS_RR_TYPE_DNAME) && one != name) return Place::elsewhere;
      if (has(one, LDNS_RR_TYPE_NS) && !wildcard && !has(one, LDNS_RR_TYPE_DNAME))
        return one == name ? Place::delegation : Place::elsewhere;
    }
    return Place::inside;
  }

  void wrong(const std::string& name, const std::string& what) {
    faults_ += name + " " + what + "\n";
  }

  void check() {
    std::vector<std::string> chain;
    for (const auto& [name, types] : names_) {
      const auto place = place_of(name);
      if (place != Place::elsewhere) chain.push_back(name);
      check_sets(name, types, place);
    }
    for (std::size_t i = 0; i < chain.size(); ++i)
      check_denial(chain[i], chain[(i + 1) % chain.size()]);
  }

  void check_sets(const std::string& name, const Types& types, Place place) {
    for (const auto& [type, records] : types) {
      if (type == LDNS_RR_TYPE_RRSIG) continue;
      const bool wanted =
          place == Place::inside ||
          (place == Place::delegation && (type == LDNS_RR_TYPE_DS || type == LDNS_RR_TYPE_NSEC));
      const auto made = verify(name, type, records);
      if (made != (wanted ? 1 : 0))
        wrong(name, std::to_string(type) + " has " + std::to_string(made) + " good signatures");
    }
    if (place == Place::elsewhere && types.contains(LDNS_RR_TYPE_NSEC)) wrong(name, "has an NSEC");
  }

  /// How many signatures there are; less than none if one is wrong.
  int verify(const std::string& name, ldns_rr_type type, const std::vector<ldns_rr*>& records) {
    const auto& types = names_.at(name);
    const auto found = types.find(LDNS_RR_TYPE_RRSIG);
    if (found == types.end()) return 0;
    ldns_rr_list* set = ldns_rr_list_new();
    for (auto* record : records) ldns_rr_list_push_rr(set, record);
    ldns_rr_list* keys = ldns_rr_list_new();
    for (auto* key : names_.at(apex_).at(LDNS_RR_TYPE_DNSKEY)) ldns_rr_list_push_rr(keys, key);
    int good = 0;
    for (auto* signature : found->second) {
      if (ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(signature)) != type) continue;
      ++signatures_;
      const auto status = ldns_verify_rrsig_keylist_time(set, signature, keys, kTestTime, nullptr);
      good = status == LDNS_STATUS_OK ? good + 1 : -100;
    }
    ldns_rr_list_free(set);
    ldns_rr_list_free(keys);
    return good;
  }

  void check_denial(const std::string& name, const std::string& next) {
    const auto& types = names_.at(name);
    const auto found = types.find(LDNS_RR_TYPE_NSEC);
    if (found == types.end() || found->second.size() != 1) return wrong(name, "has not one NSEC");
    const auto* record = found->second.front();
    if (text_of(ldns_rr_rdf(record, 0)) != next)
      wrong(name, "is followed by " + next + ", not by " + text_of(ldns_rr_rdf(record, 0)));
    std::set<std::string> wanted;
    for (const auto& [type, records] : types) {
      const bool own = place_of(name) != Place::delegation || type == LDNS_RR_TYPE_NS ||
                       type == LDNS_RR_TYPE_DS || type == LDNS_RR_TYPE_RRSIG ||
                       type == LDNS_RR_TYPE_NSEC;
      if (own) wanted.insert(name_of(type));
    }
    std::istringstream words(text_of(ldns_rr_rdf(record, 1)));
    const std::set<std::string> told{std::istream_iterator<std::string>(words), {}};
    if (told != wanted) wrong(name, "has an NSEC that is wrong about its types");
  }

  static std::string name_of(ldns_rr_type type) {
    char* text = ldns_rr_type2str(type);
    std::string result = text;
    std::free(text);
    for (auto& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
  }

  std::vector<std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)>> packets_;
  std::vector<ldns_rr*> all_;
  std::string apex_;
  std::map<std::string, Types, Canonically> names_;
  std::string faults_;
  std::size_t signatures_ = 0;
};

const std::string kSigned = std::string(testing::kShop) + R"(
---
kind: Zone
name: signed.test
spec:
  sign: true
  nameservers: [ns1, ns.other.test.]
  records:
    - {name: Ns1, type: A, data: [192.0.2.53]}
    - {name: MiXed.Case, type: TXT, data: ['"b"', '"a"']}
    - {name: mixed, type: A, data: [192.0.2.54]}
    - {name: steered, type: TXT, data: ['"beside"']}
    - {name: "*.wild", type: A, data: [192.0.2.99]}
    - {name: a.b.c, type: TXT, data: ['"deep"']}
    - {name: 'x\000y', type: TXT, data: ['"odd"']}
    - {name: 'x\001y', type: TXT, data: ['"odd"']}
    - {name: a.x, type: TXT, data: ['"odd"']}
    - {name: old, type: DNAME, data: [c]}
    - {name: safe, type: NS, data: [ns.safe]}
    - {name: ns.safe, type: A, data: [192.0.2.54]}
    - {name: safe, type: DS, data: [1 8 1 00112233445566778899aabbccddeeff00112233]}
    - {name: plain, type: NS, data: [ns.plain]}
    - {name: ns.plain, type: A, data: [192.0.2.55]}
    - {name: odd, type: TYPE65280, data: ['\# 2 0a0b']}
)" + kSharedWith + R"(
---
kind: Site
name: signed
spec:
  hostnames: [steered.signed.test, "*.cdn.signed.test", signed.test]
  steering_policy: places
  https_record: {alpn: [h2]}
)";

TEST(SignedTransfer, CarriesAllThatASecondaryNeeds) {
  const auto serving = testing::signed_ahead(testing::serving_from(kSigned));
  const Copy copy(transfer(serving, "signed.test"));
  EXPECT_EQ(copy.faults(), "");
  EXPECT_GT(copy.signatures(), 40u);
  for (const auto* name : {"steered.signed.test.", "*.cdn.signed.test.", "signed.test."}) {
    EXPECT_TRUE(copy.has(name, LDNS_RR_TYPE_A)) << name;
    EXPECT_TRUE(copy.has(name, LDNS_RR_TYPE_HTTPS)) << name;
  }
  EXPECT_TRUE(copy.has("signed.test.", LDNS_RR_TYPE_CDS));
}

TEST(SignedTransfer, DeniesTheFamilyThatASteeredNameHasNobodyIn) {
  const std::string yaml = R"(
kind: Location
name: par
spec: {latitude: 48.86, longitude: 2.35}
---
kind: Node
name: edge-par
spec: {role: edge, location: par, addresses: [192.0.2.1]}
---
kind: Site
name: www
spec: {hostnames: [www.zone.test]}
---
kind: Zone
name: zone.test
spec:
  sign: true
  nameservers: [ns.other.test.]
)" + std::string(kSharedWith);
  const Copy copy(transfer(testing::signed_ahead(testing::serving_from(yaml)), "zone.test"));
  EXPECT_EQ(copy.faults(), "");
  EXPECT_TRUE(copy.has("www.zone.test.", LDNS_RR_TYPE_A));
  EXPECT_FALSE(copy.has("www.zone.test.", LDNS_RR_TYPE_AAAA));
}

TEST(SignedTransfer, WaitsUntilAllIsSigned) {
  const auto messages = transfer(testing::serving_from(kSigned), "signed.test");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0][3] & 15, 2) << "SERVFAIL: it comes again";
}

TEST(SignedTransfer, IsWholeWhateverTheZone) {
  std::mt19937 random(20261126);
  const auto pick = [&random](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  const std::vector<std::string> labels{"a", "b", "C", "*", "dd", "-", "z0"};
  const std::vector<std::string> data{"A|192.0.2.1",
                                      "AAAA|\"2001:db8::1\"",
                                      "TXT|'\"x\"'",
                                      "MX|5 A.zone.test.",
                                      "CNAME|b",
                                      "DNAME|ns.other.test.",
                                      "NS|ns.other.test.",
                                      "TYPE65300|'\\# 1 00'",
                                      "NS|ns.a",
                                      "SRV|1 2 3 b",
                                      "DS|1 8 1 0011223344556677889900112233445566778899"};
  for (int round = 0; round < 60; ++round) {
    std::string yaml = "kind: Zone\nname: zone.test\nspec:\n  sign: true\n  nameservers: [ns]\n";
    yaml += round % 2 == 0 ? "" : "  signing: {split_keys: true, algorithm: ed25519}\n";
    yaml += kSharedWith;
    yaml += "  records:\n    - {name: ns, type: A, data: [192.0.2.53]}\n";
    std::set<std::string> owners{"ns"};
    for (auto i = pick(20); i > 0; --i) {
      std::string owner = labels[pick(labels.size())];
      for (auto more = pick(4); more > 0; --more) owner += "." + labels[pick(labels.size())];
      auto lower = owner;
      for (auto& c : lower) c = static_cast<char>(std::tolower(c));
      if (!owners.insert(lower).second) continue;
      const auto& record = data[pick(data.size())];
      const auto bar = record.find('|');
      yaml += "    - {name: \"" + owner + "\", type: " + record.substr(0, bar) + ", data: [" +
              record.substr(bar + 1) + "]}\n";
    }
    const Copy copy(transfer(testing::signed_ahead(testing::serving_from(yaml)), "zone.test"));
    ASSERT_EQ(copy.faults(), "") << yaml;
  }
}

}  // namespace
}  // namespace meridian::dns
