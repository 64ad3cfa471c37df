#include "dns-steer/zone/prefetch.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/zone/records.h"
#include "dns-steer/zone/build.h"

namespace meridian::dns {
namespace {

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

ZoneData zones(int count) {
  std::vector<ZoneSource> sources;
  for (int i = 0; i < count; ++i) {
    ZoneSource source{"zone" + std::to_string(i) + ".test", {}};
    source.zone.add_nameservers("ns1");
    sources.push_back(std::move(source));
  }
  return build_zones(sources, {}, {}).value();
}

std::string query(const std::string& name) {
  return std::string(12, '\0') + zone::parse_name(name).value() + std::string("\0\1\0\1", 4);
}

TEST(Prefetch, IsForMoreNamesThanCachesHold) {
  EXPECT_FALSE(is_worth_prefetching(zones(1)));
  EXPECT_TRUE(is_worth_prefetching(zones(12'000)));
}

// Memory that is not there would be found by AddressSanitizer.
TEST(Prefetch, TakesWhateverArrives) {
  const auto data = zones(3);
  std::mt19937_64 random(1);
  std::vector<std::string> messages{"",
                                    "short",
                                    std::string(12, '\0'),
                                    std::string(13, '\0'),
                                    query("zone1.test"),
                                    query("none.zone2.test"),
                                    query("elsewhere.example"),
                                    query("test")};
  while (messages.size() < kMostPrefetched) {
    std::string noise(random() % 64, '\0');
    for (auto& octet : noise) octet = static_cast<char>(random());
    messages.push_back(noise);
  }
  std::vector<Bytes> batch;
  for (const auto& message : messages) batch.push_back(as_bytes(message));
  prefetch(data, batch);
  prefetch(zones(0), batch);
  prefetch(data, {});
}

}  // namespace
}  // namespace meridian::dns
