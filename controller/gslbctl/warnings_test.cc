#include "controller/gslbctl/warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/model/test_certificate.h"

namespace meridian::gslbctl {
namespace {

using control::test_certificate;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<config::Document> documents(const std::string& yaml) {
  auto read = config::parse_documents(yaml, "test.yaml");
  for (const auto& error : read.errors) ADD_FAILURE() << error.text();
  return std::move(read.documents);
}

std::vector<v1::Resource> resources(const std::string& yaml) {
  std::vector<v1::Resource> found;
  for (const auto& document : documents(yaml)) found.push_back(document.resource);
  return found;
}

config::Document certificate(const std::string& name, const control::TestValidity& validity) {
  config::Document document;
  document.resource.set_name(name);
  *document.resource.mutable_certificate() =
      test_certificate("DNS:" + name, tls::make_key(), validity);
  return document;
}

TEST(Warnings, TellOfCertificatesThatAreNotValid) {
  EXPECT_THAT(certificate_warnings({certificate("old", {.begins = -7200, .ends = -3600}),
                                    certificate("good", {.begins = -3600}),
                                    certificate("early", {.begins = 3600, .ends = 7200})},
                                   WallClock::now()),
              ElementsAre(StartsWith("Certificate old expired on 20"),
                          StartsWith("Certificate early is not valid before 20")));
  EXPECT_THAT(certificate_warnings(documents("{kind: Rule, name: a, spec: {}}"), WallClock::now()),
              IsEmpty());
}

/// The change of a node from drained to `after`.
v1::ApplyResponse undrained(const std::string& name, const v1::Resource& after) {
  v1::ApplyResponse applied;
  auto& change = *applied.add_changes();
  change.mutable_resource()->set_kind(v1::KIND_NODE);
  change.mutable_resource()->set_name(name);
  *change.mutable_before() = after;
  change.mutable_before()->mutable_node()->set_drained(true);
  *change.mutable_after() = after;
  return applied;
}

TEST(Warnings, TellOfDrainedNodesThatAreBackInService) {
  const auto warnings = [](const std::string& spec) {
    const auto node =
        documents("{kind: Node, name: edge-par-1, spec: {location: par, " + spec + "}}");
    return service_warnings(node, undrained("edge-par-1", node.front().resource));
  };
  EXPECT_THAT(
      warnings("role: edge"),
      ElementsAre("puts edge-par-1 back into service: it was drained, and its document does "
                  "not say `drained: true`"));
  EXPECT_THAT(warnings("role: dns"),
              ElementsAre("takes the mark `drained` from edge-par-1: it was drained, and its "
                          "document does not say `drained: true`"));
  EXPECT_THAT(warnings("role: edge, drained: true"), IsEmpty());
  EXPECT_THAT(warnings("role: edge, drained: false"), IsEmpty()) << "it is what was meant";
  EXPECT_THAT(service_warnings({}, {}), IsEmpty());
}

TEST(Warnings, TellOfRulesThatNoSiteNames) {
  const auto rules =
      documents("{kind: Rule, name: b, spec: {}}\n---\n{kind: Rule, name: a, spec: {}}\n");
  EXPECT_THAT(rule_warnings(rules, {}), ElementsAre("no site names Rule a: it does nothing yet",
                                                    "no site names Rule b: it does nothing yet"));
  EXPECT_THAT(rule_warnings(rules, resources("{kind: Site, name: www, spec: {rules: [a, c]}}")),
              ElementsAre("no site names Rule b: it does nothing yet"));
  EXPECT_THAT(rule_warnings({}, {}), IsEmpty());
}

TEST(Warnings, KnowTheSitesThatAreAppliedAsWell) {
  const auto both = documents(
      "{kind: Rule, name: a, spec: {}}\n---\n{kind: Rule, name: b, spec: {}}\n---\n"
      "{kind: Site, name: www, spec: {rules: [a]}}\n");
  EXPECT_THAT(rule_warnings(both, resources("{kind: Site, name: www, spec: {rules: [b]}}")),
              ElementsAre("no site names Rule b: it does nothing yet"))
      << "what the site said before does not count";
}

}  // namespace
}  // namespace meridian::gslbctl
