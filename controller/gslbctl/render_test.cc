#include "controller/gslbctl/render.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/explanation.h"
#include "controller/gslbctl/node_view.h"
#include "controller/gslbctl/resource_table.h"

namespace meridian::gslbctl {
namespace {

using Lines = std::vector<std::string>;

template <class Message>
Message message_of(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(Table, AlignsItsColumns) {
  const Table table{{"NAME", "PLACE", "NOTE"},
                    {{"a", "Z\xc3\xbcrich", "x"}, {"longer", "Paris", ""}}};
  EXPECT_EQ(table.text(false),
            "NAME    PLACE   NOTE\n"
            "a       Z\xc3\xbcrich  x\n"
            "longer  Paris   -\n");
}

TEST(Table, PaintsOnlyWhereColoursAreWanted) {
  const Table table{{"A"}, {{Cell("down", Tone::bad)}}};
  EXPECT_EQ(table.text(true), "\x1b[2mA\x1b[0m\n\x1b[31mdown\x1b[0m\n");
  EXPECT_EQ(table.text(false), "A\ndown\n");
}

TEST(Table, LetsNoNameMoveTheCursor) {
  const Table table{{"A"}, {{"x\x1b[2J\ny"}}};
  EXPECT_EQ(table.text(false), "A\nx?[2J?y\n");
}

TEST(Resources, ShowAllCertificatesOfASite) {
  const auto one = message_of<v1::Resource>(R"(name: "a" site { origin_pool: "p"
      hostnames: "a.example" certificate: "x" })");
  const auto two = message_of<v1::Resource>(R"(name: "b" site { origin_pool: "p"
      hostnames: "b.example" certificates: "x" certificates: "y" })");
  EXPECT_EQ("\n" + resource_table(v1::KIND_SITE, {one, two}).text(false), R"(
NAME  HOSTNAMES  ORIGIN POOL  CERTIFICATE  STEERING   LOCATIONS
a     a.example  p            x            (nearest)  (all)
b     b.example  p            x, y         (nearest)  (all)
)");
  v1::ResourceKey key;
  key.set_kind(v1::KIND_CERTIFICATE);
  key.set_name("x");
  EXPECT_EQ(referrers(key, {one, two}),
            (Lines{"Site a (spec.certificate)", "Site b (spec.certificates)"}));
}

TEST(Nodes, AreShownWithWhatIsWrong) {
  const auto nodes = message_of<v1::ListNodesResponse>(R"(
      revision: 7
      nodes { name: "edge-par" node { role: ROLE_EDGE location: "par" addresses: "192.0.2.1" }
              connected: true revision: 7
              verdict { node: "edge-par" healthy: true utilisation: 0.426
                        load { requests_in_flight: 64 requests_per_second: 812.6 } }
              since { seconds: 1 } }
      nodes { name: "edge-nyc" node { role: ROLE_EDGE location: "nyc" addresses: "192.0.2.2" }
              connected: true revision: 6 nack_revision: 7 nack_reason: "no key for shop"
              verdict { node: "edge-nyc" load { requests_in_flight: 3 } } since { seconds: 1 } }
      nodes { name: "edge-sin" node { role: ROLE_EDGE location: "sin" drained: true
                                      addresses: "192.0.2.3" } }
      nodes { name: "dns-1" node { role: ROLE_DNS location: "par" } revision: 7
              since { seconds: 1 } })");
  const auto text =
      node_table({nodes.nodes().begin(), nodes.nodes().end()}, nodes.revision()).text(false);
  EXPECT_EQ("\n" + text, R"(
NAME      ROLE  LOCATION  ADDRESSES  STREAM      SERVICE  LOAD         REQUESTS/S  REVISION  NOTE
edge-par  edge  par       192.0.2.1  connected   healthy  43 %         813         7         -
edge-nyc  edge  nyc       192.0.2.2  connected   down     3 in flight  0           6         )"
                         R"(refused revision 7: no key for shop
edge-sin  edge  sin       192.0.2.3  never seen  drained  -            -           -         -
dns-1     dns   par       -          gone        -        -            -           7         -
)");
}

TEST(NodeWait, SaysWhatIsStillMissing) {
  const auto now = message_of<v1::ListNodesResponse>(R"(
      revision: 7
      nodes { name: "a" connected: true revision: 7 node { role: ROLE_EDGE }
              verdict { reason: "connection refused" } }
      nodes { name: "b" connected: true revision: 6 nack_revision: 7 nack_reason: "no key"
              node { role: ROLE_DNS } }
      nodes { name: "c" revision: 7 node { role: ROLE_DNS } }
      nodes { name: "d" connected: true revision: 7 nack_revision: 7 nack_reason: "too large"
              node { role: ROLE_DNS } }
      nodes { name: "e" connected: true node { role: ROLE_DNS } })");
  EXPECT_EQ(
      still_missing({}, now),
      (Lines{"b serves revision 6, not 7; it refused revision 7: no key", "c is not connected",
             "d refused revision 7: too large", "e has acknowledged no revision yet"}));
  EXPECT_EQ(still_missing({.names = {"a"}}, now), Lines{});
  EXPECT_EQ(still_missing({.names = {"a"}, .healthy = true}, now),
            Lines{"a is not healthy: connection refused"});
  EXPECT_EQ(still_missing({.names = {"b", "x"}, .revision = 6}, now),
            (Lines{"b refused revision 7: no key", "x is not declared"}));
  EXPECT_EQ(still_missing({.names = {"d"}}, now), Lines{"d refused revision 7: too large"});
  EXPECT_EQ(still_missing({.names = {"e"}}, now), Lines{"e has acknowledged no revision yet"});
  EXPECT_EQ(still_missing({}, {}), Lines{"no node is declared"});
}

TEST(Explanation, TellsTheWholeStory) {
  const auto response = message_of<v1::ExplainResponse>(R"x(
      node: "dns-1" revision: 7 site: "shop" steering_policy: "nearest" verdicts_fresh: true
      place { known: true prefix: "81.2.69.0/24" latitude: 48.86 longitude: -2.349
              country: "FR" }
      ranking { node: "edge-par" location: "par" distance_km: 3.4 reason: "connection refused"
                utilisation: 0.926 shed: 0.4 }
      ranking { node: "edge-nyc" location: "nyc" distance_km: 5837.6 healthy: true
                answered: true }
      answer: "192.0.2.2" ttl { seconds: 20 }
      override { index: 1 matched_by: "country FR" action: OVERRIDE_ACTION_ALLOW_ONLY
                 locations: "par" locations: "nyc" }
      prefix_map { prefix_map: "measured" prefix: "81.2.0.0/16" locations: "par" }
      families { type: "A" addresses: "192.0.2.2" scope: 24
                 eligible: "healthy edges: 1 of 2 is healthy"
                 policies { path: "nearest" method: STEERING_METHOD_FAILOVER
                            text: "answered by nyc; passed over: par (no edge that may answer)" } }
      families { type: "AAAA" scope: 0 eligible: "nobody" }
      reason: "edge-nyc is the nearest healthy edge")x");
  EXPECT_EQ(explanation_text("www.shop.example", "81.2.69.1", response, false),
            R"(www.shop.example for 81.2.69.1
  client    FR, 48.86 N, 2.35 W (as all of 81.2.69.0/24)
  site      shop, steered by nearest
  override  overrides[1] matches by country FR: allow only par, nyc
  map       measured has 81.2.0.0/16: par
  asked     dns-1, revision 7, the controller's verdicts are fresh

RANK  EDGE      LOCATION  DISTANCE  HEALTH   LOAD              ANSWERED  REASON
1     edge-par  par       3 km      down     93 %, sheds 40 %  no        connection refused
2     edge-nyc  nyc       5838 km   healthy  -                 yes       -

  A         192.0.2.2  TTL 20s, scope /24, by healthy edges: 1 of 2 is healthy
            nearest (failover): answered by nyc; passed over: par (no edge that may answer)
  AAAA      none (NODATA)  TTL 20s, scope /0, by nobody
  because   edge-nyc is the nearest healthy edge
)");
}

TEST(Explanation, DoesNotInventAPlace) {
  const auto response = message_of<v1::ExplainResponse>(R"(
      node: "dns-1" place {} ranking { node: "e" location: "par" healthy: true } reason: "r")");
  EXPECT_EQ(explanation_text("h", "10.0.0.1", response, false), R"(h for 10.0.0.1
  client    not known to the geographic database
  site      -, steered by nearest healthy edge
  asked     dns-1, revision 0, verdicts are stale: it follows its own probes

RANK  EDGE  LOCATION  DISTANCE  HEALTH   LOAD  ANSWERED  REASON
1     e     par       -         healthy  -     no        -

  answer    none (NODATA)
  because   r
)");
}

TEST(Changes, AreShownAsADiffOfDocuments) {
  const auto change = message_of<v1::Change>(R"(
      resource { kind: KIND_ORIGIN_POOL name: "shop" } action: ACTION_UPDATED
      before { name: "shop" origin_pool { origins { host: "a" } origins { host: "b" }
               probe { path: "/" rise: 1 fall: 2 } host_header: "x" } }
      after { name: "shop" origin_pool { origins { host: "a" } origins { host: "b" port: 81 }
               probe { path: "/" rise: 1 fall: 2 } host_header: "x" } })");
  EXPECT_EQ(change_diff(change, false), R"(--- OriginPool shop
+++ OriginPool shop
 ...
   origins:
     - host: a
     - host: b
+      port: 81
   probe:
     path: /
     fall: 2
)");
}

TEST(Changes, TellOfAKeyThatNobodyMaySee) {
  const auto change = message_of<v1::Change>(R"(
      resource { kind: KIND_CERTIFICATE name: "a" } action: ACTION_UPDATED
      before { name: "a" certificate { chain_pem: "x" } }
      after { name: "a" certificate { chain_pem: "x" } })");
  EXPECT_EQ(change_diff(change, false),
            "--- Certificate a\n+++ Certificate a\n the private key changes\n");
  const auto secret = message_of<v1::Change>(R"(
      resource { kind: KIND_ORIGIN_POOL name: "a" } action: ACTION_UPDATED
      before { name: "a" origin_pool { secret_header { name: "x-edge" } } }
      after { name: "a" origin_pool { secret_header { name: "x-edge" } } })");
  EXPECT_EQ(change_diff(secret, false),
            "--- OriginPool a\n+++ OriginPool a\n the secret changes\n");
}

TEST(Violations, NameFileAndLine) {
  const auto read = config::parse_documents(
      "kind: Site\nname: www\nspec:\n  hostnames: [a.example]\n  rules:\n    - nothing\n",
      "s.yaml");
  ASSERT_EQ(read.documents.size(), 1u);
  auto violation = message_of<v1::Violation>(R"(
      resource { kind: KIND_SITE name: "www" } field: "spec.rules[0]"
      reason: "there is no Rule 'nothing'")");
  EXPECT_EQ(violation_text(violation, read.documents),
            "s.yaml:6: Site www: spec.rules[0]: there is no Rule 'nothing'");
  violation.mutable_resource()->set_name("blog");
  EXPECT_EQ(violation_text(violation, read.documents),
            "Site blog: spec.rules[0]: there is no Rule 'nothing'");
}

TEST(Resources, KnowWhoNamesThem) {
  const auto site = message_of<v1::Resource>(
      R"(name: "www" site { origin_pool: "shop" certificate: "shop" locations: "par" })");
  const auto policy = message_of<v1::Resource>(R"(
      name: "near" steering_policy { overrides { locations: "par" }
                                     overrides { locations: "par" } })");
  v1::ResourceKey key;
  key.set_kind(v1::KIND_LOCATION);
  key.set_name("par");
  EXPECT_EQ(referrers(key, {site, policy}),
            (Lines{"Site www (spec.locations)", "SteeringPolicy near (spec.overrides)"}));

  const auto pool = message_of<v1::Resource>(
      R"(name: "shop" origin_pool { tls { client_certificate: "edges" } })");
  key.set_kind(v1::KIND_CERTIFICATE);
  key.set_name("edges");
  EXPECT_EQ(referrers(key, {site, pool}), Lines{"OriginPool shop (spec.tls.client_certificate)"});
}

TEST(Time, IsShownInUtc) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(time_text(time), "never");
  time.set_seconds(1'700'000'000);
  EXPECT_EQ(time_text(time), "2023-11-14 22:13:20Z");
}

TEST(Joined, CountsWhatItLeavesOut) {
  EXPECT_EQ(joined(Lines{"a", "b"}), "a, b");
  EXPECT_EQ(joined(Lines{"a", "b", "c"}, 2), "a, b +1");
  EXPECT_EQ(joined(Lines{}), "");
}

}  // namespace
}  // namespace meridian::gslbctl
