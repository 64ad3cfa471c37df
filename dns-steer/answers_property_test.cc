// What must hold for every answer, whatever the configuration, the health of edges and the client:
// checked on random ones, from the packet to the packet.
#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }
  std::uint8_t octet() { return static_cast<std::uint8_t>(engine_()); }

 private:
  std::mt19937_64 engine_;
};

// Networks of the fixture's databases, and some whose place nobody knows.
constexpr const char* kNetworks[] = {
    "134.157.0.0/16", "193.48.0.0/14",   "193.48.96.0/20",     "128.59.0.0/16",  "128.32.0.0/16",
    "137.132.0.0/16", "137.158.0.0/16",  "133.11.0.0/16",      "10.0.0.0/8",     "10.1.0.0/16",
    "10.1.2.0/24",    "198.51.100.0/24", "2001:660::/32",      "2001:18d8::/32", "2001:d98::/32",
    "2001:db8::/32",  "2001:db8:5::/48", "2001:db8:5:100::/56"};

/// Somebody inside, anywhere.
IpAddress anyone_in(const IpPrefix& network, Random& random) {
  std::array<std::uint8_t, 16> octets{};
  const auto given = network.address.bytes();
  std::copy(given.begin(), given.end(), octets.begin());
  for (int bit = network.length; bit < network.address.bits(); ++bit) {
    if (random.one_in(2))
      octets[static_cast<std::size_t>(bit) / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
  }
  return network.address.is_v4() ? IpAddress::v4(std::span(octets).first<4>())
                                 : IpAddress::v6(octets);
}

IpAddress any_client(Random& random) {
  return anyone_in(parse_prefix(random.one_of(kNetworks)).value(), random);
}

std::string any_prefix(Random& random) {
  const auto client = any_client(random);
  return prefix_of(client, static_cast<int>(random.below(client.is_v4() ? 33 : 65))).text();
}

/// A configuration as YAML, of which anything may be so or otherwise.
class Configuration {
 public:
  explicit Configuration(Random& random) : random_(random) {
    locations_ = 1 + random_.below(6);
    for (std::size_t i = 0; i < locations_; ++i) add_location(i);
    const bool map = random_.one_in(2);
    if (map) add_prefix_map();
    for (const auto* policy : {"second", "first"}) add_policy(policy, map);
    text_ += R"(
{kind: Site, name: one, spec: {hostnames: [www.shop.test, "*.cdn.shop.test"],
  steering_policy: first, hostname_policies: [{hostname: "*.cdn.shop.test",
  steering_policy: second}]}}
---
{kind: Site, name: two, spec: {hostnames: [shop.test], steering_policy: second,
  https_record: {alpn: [h2]}}}
---
{kind: Zone, name: shop.test, spec: {nameservers: [ns1], records: [
  {name: ns1, type: A, data: [192.0.2.53]}, {name: alias, type: CNAME, data: [www]},
  {name: fixed, type: A, data: [192.0.2.1, 192.0.2.2]}]}}
)";
  }

  const std::string& yaml() const { return text_; }

  /// Any of its edges may be down, or unable to serve a site.
  HealthView health() {
    HealthView view;
    const auto down = 1 + random_.below(6);
    for (const auto& edge : edges_) {
      auto& state = view.edges[edge];
      state.up = !random_.one_in(down);
      if (random_.one_in(8)) state.unserviceable_sites.insert("one");
    }
    return view;
  }

 private:
  void add_location(std::size_t number) {
    const auto name = "loc" + std::to_string(number);
    text_ += "{kind: Location, name: " + name +
             ", spec: {latitude: " + std::to_string(static_cast<int>(random_.below(120)) - 60) +
             ", longitude: " + std::to_string(static_cast<int>(random_.below(360)) - 180) +
             "}}\n---\n";
    for (auto edge = random_.below(4); edge > 0; --edge) {
      edges_.push_back(name + "-" + std::to_string(edge));
      const auto unique = std::to_string(edges_.size());
      std::string addresses = "192.0.2." + unique;
      if (random_.one_in(4)) addresses += ", 198.18.0." + unique;
      if (!random_.one_in(3)) addresses += ", \"2001:db8:ffff::" + unique + "\"";
      text_ += "{kind: Node, name: " + edges_.back() + ", spec: {role: edge, location: " + name +
               ", addresses: [" + addresses + "]" + (random_.one_in(6) ? ", drained: true" : "") +
               "}}\n---\n";
    }
  }

  std::string any_locations() {
    const auto first = random_.below(locations_);
    auto list = "[loc" + std::to_string(first);
    if (const auto second = random_.below(locations_); second != first)
      list += ", loc" + std::to_string(second);
    return list + "]";
  }

  void add_prefix_map() {
    std::set<std::string> known;
    text_ += "{kind: PrefixMap, name: measured, spec: {entries: [";
    for (auto n = 1 + random_.below(12); n > 0; --n) {
      const auto prefix = any_prefix(random_);
      if (known.insert(prefix).second)
        text_ += "{prefix: \"" + prefix + "\", locations: " + any_locations() + "}, ";
    }
    text_ += "]}}\n---\n";
  }

  /// All locations, and in `first` perhaps the policy `second`.
  std::string any_members(bool weights, bool nests) {
    std::string list;
    const auto add = [&](const std::string& member) {
      list += "{" + member;
      if (weights && random_.one_in(2)) list += ", weight: " + std::to_string(random_.below(5));
      list += "}, ";
    };
    if (nests) add("policy: second");
    // All of them, for overrides prefer members only; from anywhere on.
    const auto first = random_.below(locations_);
    for (std::size_t i = 0; i < locations_; ++i)
      add("location: loc" + std::to_string((first + i) % locations_));
    return ", members: [" + list + "]";
  }

  std::string any_method(const std::string& name, bool map) {
    const std::string method = random_.one_of(kMethods);
    auto text = ", method: " + method;
    if (method == "proximity") {
      if (random_.one_in(3)) text += any_members(false, false);
      if (map && random_.one_in(2)) text += ", prefix_map: measured";
    } else if (method == "failover" || random_.one_in(2)) {
      const bool weights = method == "weighted" || method == "consistent_hash";
      text += any_members(weights, name == "first" && random_.one_in(2));
    }
    return text;
  }

  std::string any_panic() {
    const std::string mode = random_.one_of(kPanicModes);
    auto text = ", panic_mode: " + mode;
    if (mode == "fixed") text += ", panic_addresses: [203.0.113.9, \"2001:db8:fade::9\"]";
    if (random_.one_in(2)) text += std::string(", panic_below: ") + random_.one_of(kShares);
    return text;
  }

  void add_policy(const std::string& name, bool map) {
    text_ += "{kind: SteeringPolicy, name: " + name +
             ", spec: {answers: " + std::to_string(1 + random_.below(4)) + any_panic() +
             any_method(name, map);
    if (random_.one_in(3)) text_ += ", distinct_locations: true";
    if (random_.one_in(4)) text_ += ", answer_order: shuffled";
    text_ += ", overrides: [";
    for (auto n = random_.below(4); n > 0; --n) {
      text_ +=
          "{client_prefixes: [\"" + any_prefix(random_) + "\", \"" + any_prefix(random_) + "\"]";
      if (random_.one_in(3)) text_ += ", countries: [FR, SG]";
      if (random_.one_in(3)) text_ += ", asns: [14, 2200]";
      if (random_.one_in(3)) text_ += ", continents: [EU]";
      text_ += ", locations: " + any_locations() + ", action: " + random_.one_of(kActions) + "}, ";
    }
    text_ += "]}}\n---\n";
  }

  static constexpr const char* kMethods[] = {"proximity", "failover", "weighted", "round_robin",
                                             "consistent_hash"};
  static constexpr const char* kPanicModes[] = {"all", "none", "last_good", "fixed"};
  static constexpr const char* kShares[] = {"0", "0.3", "0.7", "1"};
  static constexpr const char* kActions[] = {"prefer", "allow_only", "deny"};

  Random& random_;
  std::size_t locations_ = 0;
  std::vector<std::string> edges_;
  std::string text_;
};

std::shared_ptr<const Serving> serve(Configuration& configuration) {
  const std::filesystem::path fixture = MERIDIAN_GEOIP_FIXTURE;
  return serving_from(configuration.yaml(), configuration.health(),
                      {fixture / "fixture-flat-ipv4.mmdb", fixture / "fixture-flat-ipv6.mmdb"});
}

/// What a client is told: the message as text, and for whom else it is.
struct Told {
  std::string text;
  int scope = 0;
  friend bool operator==(const Told&, const Told&) = default;
};

Told ask_for(const Serving& serving, const std::string& name, std::uint16_t type,
             const IpAddress& client) {
  const auto octets = client.bytes();
  const auto answer =
      ask(serving, packet({.name = name,
                           .type = type,
                           .edns = true,
                           .options = subnet_option(client.is_v4() ? 1 : 2,
                                                    static_cast<std::uint8_t>(client.bits()),
                                                    {octets.begin(), octets.end()})}));
  return {describe(answer), scope_of(answer)};
}

constexpr const char* kNames[] = {"www.shop.test",   "x.cdn.shop.test", "shop.test",
                                  "alias.shop.test", "fixed.shop.test", "nope.shop.test"};

constexpr std::uint16_t kTypes[] = {1, 28, 65};

// A resolver gives an answer to everybody inside its scope (RFC 7871 section 7.3.1). What is drawn
// by chance is drawn alike here: each question is the first one that a worker of this seed gets.
TEST(Answers, AreTheSameForEverybodyInsideTheirScope) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    Configuration configuration(random);
    const auto serving = serve(configuration);
    for (int i = 0; i < 100; ++i) {
      const std::string name = random.one_of(kNames);
      const auto type = random.one_of(kTypes);
      const auto client = any_client(random);
      const auto told = ask_for(*serving, name, type, client);
      ASSERT_GE(told.scope, 0) << told.text;
      const auto scope = prefix_of(client, told.scope);
      for (int j = 0; j < 12; ++j) {
        auto other = anyone_in(scope, random);
        if (j % 2 == 0) {
          other = any_client(random);
          if (!scope.contains(other)) continue;
        }
        const auto also = ask_for(*serving, name, type, other);
        ASSERT_EQ(also.text, told.text) << name << " for " << client.text() << "/" << told.scope
                                        << " and " << other.text() << "\n"
                                        << configuration.yaml();
        ASSERT_EQ(also.scope, told.scope) << client.text() << " and " << other.text();
      }
    }
  }
}

// Nobody gets much for a query in another's name: records within the bound, or a message without.
TEST(Answers, AreNotMuchLongerThanQueriesThatMayBeForged) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    AnswerSettings settings;
    settings.amplification = static_cast<std::uint32_t>(1 + random.below(40));
    settings.nsid = "dns-1.example";
    settings.chaos_id = settings.chaos_version = std::string(200, 'x');
    settings.udp_octets = random.one_in(2) ? kMostUdpOctets : kPlainUdpOctets;
    const auto serving = serving_with(settings);
    for (int i = 0; i < 200; ++i) {
      static constexpr const char* kShopNames[] = {
          "www.shop.test", "shop.test", "a.sub.shop.test", "ring1.shop.test",
          "other.test",    "id.server", "nope.shop.test",  "x.aliases.shop.test"};
      static constexpr std::uint16_t kAnyTypes[] = {1, 2, 6, 15, 16, 28, 48, 65, 255};
      std::string options;
      if (random.one_in(3)) options += subnet_option(1, 24, "\xc6\x33\x64");
      if (random.one_in(3)) options += edns_option(3, "");
      if (random.one_in(3))
        options += edns_option(10, random.one_in(2) ? "12345678" : "12345678abcdefgh");
      const auto query = packet({.name = random.one_of(kShopNames),
                                 .type = random.one_of(kAnyTypes),
                                 .qclass = static_cast<std::uint16_t>(random.one_in(8) ? 3 : 1),
                                 .edns = random.one_in(2),
                                 .udp_size = 65535,
                                 .options = options});
      const auto answer = ask(*serving, query);
      const bool records = answer[7] + answer[9] > 0 || answer[11] > 1;
      ASSERT_TRUE(!records || answer.size() <= query.size() * settings.amplification)
          << answer.size() << " octets for " << query.size() << ": " << describe(answer);
    }
  }
}

}  // namespace
}  // namespace meridian::dns
