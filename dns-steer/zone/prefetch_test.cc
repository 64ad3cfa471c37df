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

TEST(Prefetch, IsForMoreNamesThanCachesHold) {
  EXPECT_FALSE(is_worth_prefetching(zones(1)));
  EXPECT_TRUE(is_worth_prefetching(zones(12'000)));
}

// Memory that is not there would be found by AddressSanitizer.
TEST(Prefetch, TakesWhateverIsAskedFor) {
  const auto data = zones(3);
  std::vector<NameAhead> batch;
  LookupName name;
  for (const char* text : {"zone1.test", "none.zone2.test", "elsewhere.example", "test", "."}) {
    name.assign(as_bytes(zone::parse_name(text).value()));
    batch.push_back(NameAhead::of(name));
  }
  std::mt19937_64 random(1);
  while (batch.size() < kMostPrefetched) batch.push_back({random(), random()});
  prefetch(data, batch);
  prefetch(zones(0), batch);
  prefetch(data, {});
}

}  // namespace
}  // namespace meridian::dns
