#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/config/documents.h"
#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

/// The YAML that a page of docs/ shows, example by example.
std::vector<std::string> examples(const std::string& name) {
  std::ifstream page(MERIDIAN_DOCS "/" + name);
  std::vector<std::string> found;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```yaml") {
      found.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      found.back() += line + "\n";
    }
  }
  return found;
}

void expect_accepted(Configuration configuration, const std::string& name, std::size_t least) {
  const auto all = examples(name);
  ASSERT_GE(all.size(), least);
  for (const auto& example : all) {
    const auto read = config::parse_documents(example, name);
    for (const auto& error : read.errors) ADD_FAILURE() << error.where << ": " << error.what;
    for (const auto& document : read.documents) configuration.upsert(document.resource);
  }
  for (const auto& violation : validate(configuration))
    ADD_FAILURE() << violation.resource().name() << ": " << violation.field() << ": "
                  << violation.reason();
}

TEST(Pages, ShowOnlySteeringThatIsAccepted) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(R"(name: "fra" location { latitude: 50.1 longitude: 8.7 })"));
  configuration.upsert(resource_of(R"(name: "nyc" location { latitude: 40.7 longitude: -74.0 })"));
  expect_accepted(std::move(configuration), "steering.md", 6);
}

TEST(Pages, ShowOnlyRulesThatAreAccepted) { expect_accepted(good_configuration(), "rules.md", 3); }

TEST(Pages, ShowOnlyLimitsThatAreAccepted) {
  expect_accepted(good_configuration(), "protection.md", 2);
}

}  // namespace
}  // namespace meridian::control
