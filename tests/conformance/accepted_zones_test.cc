#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "controller/model/validate.h"
#include "dns-steer/compile/zones.h"
#include "dns-steer/zone/build.h"

// What the controller accepts DNS nodes serve: one that refused it would stay on its old revision,
// and so would all others.
namespace meridian {
namespace {

using Random = std::mt19937_64;

template <class T>
const T& one_of(Random& random, const std::vector<T>& choices) {
  return choices[random() % choices.size()];
}

bool chance(Random& random, unsigned of) { return random() % of == 0; }

/// Few owners, so that sets meet; types that may not stand together, or are made by signing.
v1::RecordSet random_set(Random& random) {
  static const std::vector<std::string> owners{"@", "a", "A", "b", "*", "sub", "x.sub", "long"};
  static const std::vector<std::pair<std::string, std::string>> data{
      {"A", "192.0.2.1"},
      {"AAAA", "2001:db8::1"},
      {"NS", "ns.other."},
      {"CNAME", "a"},
      {"DNAME", "new.other."},
      {"MX", "10 a"},
      {"SRV", "0 5 5060 a"},
      {"TXT", "x"},
      {"HTTPS", "1 . alpn=h2"},
      {"CDS", "0 0 0 00"},
      {"NS", "\\# 2 ffff"},
      {"MX", "\\# 3 000a00"},
      {"DNAME", "\\# 2 c000"},
      {"SRV", "\\# 8 000000000000c00c"},
      {"DS", "1 13 2 " + std::string(64, '0')}};
  v1::RecordSet set;
  set.set_name(one_of(random, owners));
  const auto& [type, text] = one_of(random, data);
  set.set_type(type);
  set.add_data(text);
  if (type == "TXT" && chance(random, 4)) {  // near the most that a message holds
    const auto texts = 238 + random() % 4;
    for (std::size_t i = 0; i < texts; ++i)
      set.add_data(std::to_string(100 + i) + std::string(234, 'x'));
  }
  return set;
}

v1::Zone random_zone(Random& random) {
  v1::Zone zone;
  static const std::vector<std::string> servers{"ns1", "@", "ns.other.", "ns2.sub"};
  for (auto left = random() % 3 + (chance(random, 8) ? 0 : 1); left > 0; --left)
    zone.add_nameservers(one_of(random, servers));
  if (chance(random, 3))
    zone.set_contact(std::string(56 + random() % 12, 'c') + "@" +
                     (chance(random, 2) ? "" : std::string(60, 'd') + ".") + std::string(61, 'e') +
                     "." + std::string(60, 'f') + ".test");
  if (chance(random, 4)) zone.set_mname(one_of(random, servers));
  for (auto left = random() % 6; left > 0; --left) *zone.add_records() = random_set(random);
  return zone;
}

/// "" or what a DNS node says of it.
std::string refusal(const std::vector<v1::Resource>& resources) {
  const auto built = dns::build_zones(dns::zone_sources(resources, {}), {}, Revision{7});
  return built ? "" : built.error().text();
}

TEST(AcceptedZones, AreServed) {
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    // `hostmaster` fits before the one, not before the other.
    const auto name = one_of<std::string>(
        random, {"shop.test", std::string(60, 'x') + "." + std::string(60, 'y') + "." +
                                  std::string(60, 'z') + "." + std::string(60, 'w') + ".test"});
    const bool sign = chance(random, 3);
    std::vector<v1::Resource> resources(1);
    resources[0].set_name(name);
    auto& declared = *resources[0].mutable_zone();
    if (chance(random, 2)) {
      declared = random_zone(random);
    } else {  // from a primary
      declared.add_primaries()->set_address("192.0.2.9");
      resources.emplace_back().set_name(name);
      *resources[1].mutable_zone_content()->mutable_zone() = random_zone(random);
    }
    declared.set_sign(sign);
    control::Configuration configuration;
    for (const auto& resource : resources) configuration.upsert(resource);
    const bool good = control::validate(configuration).empty();
    ++(good ? accepted : refused);
    if (good) {
      ASSERT_EQ(refusal(resources), "");
    }
  }
  EXPECT_GT(accepted, 400u);
  EXPECT_GT(refused, 400u);
}

}  // namespace
}  // namespace meridian
