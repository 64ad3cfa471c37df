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

/// The YAML that docs/steering.md shows, example by example.
std::vector<std::string> examples() {
  std::ifstream page(MERIDIAN_DOCS "/steering.md");
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

TEST(SteeringPage, ShowsOnlyWhatIsAccepted) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(R"(name: "fra" location { latitude: 50.1 longitude: 8.7 })"));
  configuration.upsert(resource_of(R"(name: "nyc" location { latitude: 40.7 longitude: -74.0 })"));
  const auto all = examples();
  ASSERT_GE(all.size(), 6u);
  for (const auto& example : all) {
    const auto read = config::parse_documents(example, "steering.md");
    for (const auto& error : read.errors) ADD_FAILURE() << error.where << ": " << error.what;
    for (const auto& document : read.documents) configuration.upsert(document.resource);
  }
  for (const auto& violation : validate(configuration))
    ADD_FAILURE() << violation.resource().name() << ": " << violation.field() << ": "
                  << violation.reason();
}

}  // namespace
}  // namespace meridian::control
