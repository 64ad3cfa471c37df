#include "controller/store/certificate_ends.h"

#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

v1::Resource ending_in(const std::string& name, long seconds) {
  v1::Resource resource;
  resource.set_name(name);
  *resource.mutable_certificate() =
      test_certificate("DNS:" + name, tls::make_key(), {.ends = seconds});
  return resource;
}

double seconds_until(WallTime time) {
  return std::chrono::duration<double>(time - WallClock::now()).count();
}

TEST(CertificateEnds, SaysOfEachWhenItExpires) {
  Configuration configuration;
  configuration.upsert(ending_in("b.example", 7200));
  configuration.upsert(ending_in("a.example", -3600));
  configuration.upsert(resource_of(R"(name: "par" location {})"));
  CertificateEnds ends;
  const auto found = ends.of({{1}, configuration});
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).name, "a.example");
  EXPECT_NEAR(seconds_until(found->at(0).not_after), -3600, 60);
  EXPECT_EQ(found->at(1).name, "b.example");
  EXPECT_NEAR(seconds_until(found->at(1).not_after), 7200, 60);
}

TEST(CertificateEnds, FollowsTheRevision) {
  Configuration configuration;
  CertificateEnds ends;
  EXPECT_TRUE(ends.of({{0}, configuration})->empty());
  configuration.upsert(ending_in("a.example", 3600));
  configuration.upsert(ending_in("b.example", 3600));
  const auto first = ends.of({{1}, configuration});
  EXPECT_EQ(ends.of({{1}, configuration}), first) << "found once for each revision";
  configuration.upsert(ending_in("a.example", 7200));
  configuration.erase({v1::KIND_CERTIFICATE, "b.example"});
  const auto next = ends.of({{2}, configuration});
  ASSERT_EQ(next->size(), 1u);
  EXPECT_NEAR(seconds_until(next->front().not_after), 7200, 60);
  EXPECT_EQ(first->size(), 2u) << "who has it keeps it";
}

}  // namespace
}  // namespace meridian::control
