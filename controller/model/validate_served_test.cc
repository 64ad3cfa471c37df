#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

std::string problems(const std::string& resource) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(resource));
  std::string text;
  for (const auto& one : validate(configuration)) text += one.field() + ": " + one.reason() + "\n";
  return text;
}

TEST(ValidateServed, NamesEveryFieldThatNoNodeKnowsWhatToDoWith) {
  EXPECT_EQ(problems(R"(name: "default" edge_settings { server_timing: true })"),
            "spec.server_timing: is not served by this version: leave it out\n");
  EXPECT_EQ(problems(R"(name: "www" site { hostnames: "www.shop.example" origin_pool: "shop"
                        certificate: "shop" access_log { sample: 0.5 } })"),
            "spec.access_log: is not served by this version: leave it out\n");
}

}  // namespace
}  // namespace meridian::control
