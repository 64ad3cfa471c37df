#include <array>
#include <cstdio>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/gslbctl/test_operator.h"

// gslbctl as operators use it, against a whole controller over real TLS.
namespace meridian::gslbctl {
namespace {

using control::TestNode;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Operator, SignsAZoneAndSeesItsKeys) {
  const std::string zone = R"(
kind: Zone
name: shop.example
spec: {nameservers: [ns1.other.example.], sign: true, signing: {algorithm: ed25519}}
)";
  EXPECT_THAT(gslbctl({"zone", "ds", "shop.example"}).err,
              HasSubstr("no zone 'shop.example' is signed"));
  ASSERT_EQ(apply(zone).code, 0);
  const auto keys = gslbctl({"zone", "ds", "shop.example", "-o", "json"}).out;
  EXPECT_THAT(keys, HasSubstr("\"state\": \"published\""));
  EXPECT_THAT(keys, HasSubstr("257 3 15 "));
  EXPECT_THAT(gslbctl({"zone", "ds", "shop.example"}).err, HasSubstr("CSK"));
  EXPECT_THAT(gslbctl({"zone", "rollover", "shop.example"}).err, HasSubstr("under way already"));
  EXPECT_THAT(gslbctl({"zone", "ds", "shop.example", "--confirm"}).err,
              HasSubstr("no key waits for its DS record"));
  // A change of something else leaves the keys alone.
  ASSERT_EQ(apply(zone + "---\nkind: Zone\nname: b.example\nspec: {nameservers: [ns1]}\n").code, 0);
  EXPECT_EQ(gslbctl({"zone", "ds", "shop.example", "-o", "json"}).out, keys);
}

TEST_F(Operator, CannotDeclareWhatSigningMakes) {
  const auto refused = apply(R"(
kind: Zone
name: shop.example
spec:
  nameservers: [ns1.other.example.]
  sign: true
  signing: {zsk_lifetime: 24h, signature_lifetime: 1h}
  records: [{name: "@", type: CDS, data: [0 0 0 00]}]
)");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("spec.signing.zsk_lifetime"));
  EXPECT_THAT(refused.err, HasSubstr("spec.signing.signature_lifetime"));
  EXPECT_THAT(refused.err, HasSubstr("spec.records[0].type"));
}

TEST_F(Operator, ReplacesTheCookieSecret) {
  const auto before = world_.declare_fleet();
  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  const auto first = dns.next_snapshot().snapshot();
  ASSERT_TRUE(dns.ack(before));
  const auto rotated = gslbctl({"cookie-secret", "rotate"});
  EXPECT_EQ(rotated.code, 0) << rotated.err;
  EXPECT_THAT(rotated.out, StartsWith("revision " + std::to_string(before + 1) +
                                      ": DNS nodes sign cookies with a new secret from 2"));
  const auto next = dns.next_snapshot().snapshot();
  ASSERT_EQ(next.cookie_secrets_size(), 3);
  EXPECT_EQ(next.cookie_secrets(0), first.cookie_secrets(0));
  EXPECT_NE(next.cookie_secrets(1), first.cookie_secrets(1));
  EXPECT_THAT(gslbctl({"history"}).out, HasSubstr("a new secret for DNS cookies"));
}

TEST_F(Operator, AppliesDocumentsAsOneRevision) {
  const auto applied = apply(
      "kind: Location\nname: par\nspec: {latitude: 48.86, longitude: 2.35}\n---\n"
      "kind: SteeringPolicy\nname: near\nspec: {}\n");
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(applied.out, "created Location par\ncreated SteeringPolicy near\nrevision 1\n");
  const auto again = apply("kind: SteeringPolicy\nname: near\nspec: {}\n");
  EXPECT_EQ(again.out, "nothing to change\nrevision 1\n");
}

struct Mistake {
  const char* name;
  const char* yaml;
  const char* complaint;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

std::string mistake_name(const testing::TestParamInfo<Mistake>& info) { return info.param.name; }

class Mistakes : public Operator, public testing::WithParamInterface<Mistake> {};

TEST_P(Mistakes, AreRefusedWithFileLineFieldAndReasonAndChangeNothing) {
  declare_shop();
  const auto file = (world_.directory() / "change.yaml").string();
  std::ofstream(file) << "kind: Location\nname: sin\nspec: {latitude: 1, longitude: 103}\n---\n"
                      << GetParam().yaml;
  const auto before = revision();
  const auto refused = gslbctl({"apply", "-f", file});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(refused.err, "gslbctl: refused, nothing was changed:\n" + file + GetParam().complaint);
  EXPECT_EQ(revision(), before);
  EXPECT_EQ(gslbctl({"get", "location", "sin"}).code, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Issue, Mistakes,
    testing::Values(
        Mistake{"TypodField", "kind: Site\nname: b\nspec:\n  hostname: [b.shop.example]\n",
                ":8: spec.hostname: is no field of Site; did you mean 'hostnames'?\n"},
        Mistake{"DanglingReference",
                "kind: Site\nname: b\nspec:\n  hostnames: [b.shop.example]\n"
                "  certificate: shop\n  origin_pool: shoop\n",
                ":10: Site b: spec.origin_pool: there is no OriginPool 'shoop'; did you mean "
                "'shop'?\n"},
        Mistake{"BadCidr",
                "kind: SteeringPolicy\nname: b\nspec:\n  overrides:\n"
                "    - client_prefixes:\n      - 10.0.0.0/8\n      - 10.1.0.1/8\n"
                "      locations: [par]\n",
                ":11: SteeringPolicy b: spec.overrides[0].client_prefixes[1]: '10.1.0.1/8' has "
                "bits set past its length; did you mean 10.0.0.0/8?\n"},
        Mistake{"HostnameClaimedTwice",
                "kind: Site\nname: b\nspec:\n  origin_pool: shop\n  certificate: shop\n"
                "  hostnames:\n    - b.shop.example\n    - www.shop.example\n",
                ":12: Site b: spec.hostnames[1]: 'www.shop.example' is claimed by Site 'www' too "
                "(spec.hostnames[0]); a hostname belongs to one site only\n"
                "Site www: spec.hostnames[0]: 'www.shop.example' is claimed by Site 'b' too "
                "(spec.hostnames[1]); a hostname belongs to one site only\n"}),
    mistake_name);

TEST_F(Operator, SeesWhatADiffWouldChange) {
  declare_shop();
  const auto same = gslbctl({"diff", "-f", "-"}, gslbctl({"get", "-o", "yaml"}).out);
  EXPECT_EQ(same.code, 0) << same.err << same.out;
  EXPECT_EQ(same.out, "");
  const auto other =
      gslbctl({"diff", "-f", "-"}, "kind: OriginPool\nname: shop\nspec: {origins: [{host: b}]}\n");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.out, HasSubstr("-    - host: 10.0.0.1\n-      port: 8080\n+    - host: b\n"));
  const std::string wrong = "kind: OriginPool\nname: shop\nspec: {origins: []}\n";
  EXPECT_EQ(gslbctl({"diff", "-f", "-"}, wrong).code, 5) << "no script takes it for a difference";
  EXPECT_EQ(apply(wrong).code, 1);
}

TEST_F(Operator, AddsAndRemovesOrigins) {
  declare_shop();
  EXPECT_EQ(gslbctl({"origin", "add", "shop", "[2001:db8::1]:8080"}).code, 0);
  EXPECT_EQ(gslbctl({"origin", "list", "shop"}).out,
            "POOL  ORIGIN              TRANSPORT\n"
            "shop  10.0.0.1:8080       plaintext\n"
            "shop  [2001:db8::1]:8080  plaintext\n");
  EXPECT_THAT(gslbctl({"origin", "add", "shop", "10.0.0.1:8080"}).out, HasSubstr("already"));
  EXPECT_EQ(gslbctl({"origin", "remove", "shop", "10.0.0.1:8080"}).code, 0);

  const auto absent = gslbctl({"origin", "remove", "shop", "10.0.0.1:8080"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_EQ(absent.err,
            "gslbctl: 10.0.0.1:8080 is not in OriginPool shop\nit has: [2001:db8::1]:8080\n");
  EXPECT_EQ(gslbctl({"origin", "remove", "shop", "[2001:db8::1]:8080"}).code, 1) << "the last one";
  EXPECT_THAT(gslbctl({"origin", "add", "shp", "a"}).err, HasSubstr("did you mean 'shop'?"));
  EXPECT_THAT(gslbctl({"history"}).out, HasSubstr("origin remove shop 10.0.0.1:8080"));
}

TEST_F(Operator, DrainsANodeAndBack) {
  world_.declare_fleet();
  EXPECT_EQ(gslbctl({"node", "drain", "e1"}).code, 0);
  EXPECT_TRUE(world_.node_status("e1").node().drained());
  EXPECT_THAT(gslbctl({"node", "list"}).out, HasSubstr("drained"));
  EXPECT_THAT(gslbctl({"node", "drain", "e1"}).out, HasSubstr("already"));
  EXPECT_EQ(gslbctl({"node", "undrain", "e1"}).code, 0);
  EXPECT_FALSE(world_.node_status("e1").node().drained());
  EXPECT_EQ(gslbctl({"node", "drain", "e9"}).code, 1);
}

TEST_F(Operator, WaitsForNodes) {
  const auto newest = world_.declare_fleet();
  const auto in_vain = gslbctl({"node", "wait", "e1", "--timeout", "0s"});
  EXPECT_EQ(in_vain.code, 3);
  EXPECT_EQ(in_vain.err,
            "gslbctl: not so within 0s:\n  e1 is not connected\n"
            "`gslbctl node list` shows the rest\n");
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), TestNode::hello(v1::ROLE_EDGE));
  edge.next_snapshot();
  edge.ack(newest);
  EXPECT_EQ(gslbctl({"node", "wait", "e1", "--timeout", "20s"}).code, 0);
  EXPECT_EQ(gslbctl({"node", "wait", "e1", "--revision", "99", "--timeout", "0s"}).code, 3);
  EXPECT_EQ(gslbctl({"node", "wait"}).code, 2);
  EXPECT_EQ(gslbctl({"node", "wait", "e1", "--all"}).code, 2);
  EXPECT_EQ(gslbctl({"node", "wait", "--all", "--timeout", "soon"}).code, 2);
}

TEST_F(Operator, GetsATokenAloneOnStandardOutput) {
  world_.declare_fleet();
  const auto made = gslbctl(
      {"token", "create", "--role", "edge", "--location", "par", "--node", "e3", "--uses", "2"});
  EXPECT_EQ(made.code, 0);
  EXPECT_THAT(made.out, StartsWith("mrd1."));
  EXPECT_EQ(std::count(made.out.begin(), made.out.end(), '\n'), 1);
  EXPECT_THAT(made.err, HasSubstr("edge-node --controller " + world_.address() +
                                  " --name e3 --address IP --https 0.0.0.0:443 --http 0.0.0.0:80" +
                                  " --join " + made.out));
  const auto id = tls::parse_join_token(made.out.substr(0, made.out.size() - 1)).value().id;
  EXPECT_THAT(gslbctl({"token", "list"}).out, HasSubstr(id));
  EXPECT_EQ(gslbctl({"token", "revoke", id}).code, 0);
  EXPECT_THAT(gslbctl({"token", "list"}).out, HasSubstr("revoked"));
  EXPECT_EQ(gslbctl({"token", "revoke", "0123456789abcdef"}).code, 1);
  EXPECT_EQ(gslbctl({"token", "create", "--role", "admin", "--location", "par"}).code, 2);
  EXPECT_EQ(gslbctl({"token", "create", "--role", "dns", "--location", "lon"}).code, 1);
}

TEST_F(Operator, IsToldWhichEdgesHaveNotPurged) {
  declare_shop();
  const auto newest = world_.declare_fleet();
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), TestNode::hello(v1::ROLE_EDGE));
  edge.next_snapshot();
  edge.ack(newest);
  auto purging = std::async(std::launch::async, [&] {
    return gslbctl({"purge", "https://www.shop.example/a.css", "--wait", "20s"});
  });
  const auto purges = edge.next_purges();
  for (const auto& purge : purges.purges()) edge.ack_purges(purge.sequence());
  const auto purged = purging.get();
  EXPECT_EQ(purged.code, 3);
  EXPECT_EQ(purged.out,
            "EDGE  PURGE 1\ne1    purged\n"
            "e2    not connected: serves what it has, purges when it is back\n");
  EXPECT_EQ(gslbctl({"purge"}).code, 2);
  EXPECT_EQ(gslbctl({"purge", "https://a/", "--site", "www"}).code, 2);
  EXPECT_EQ(gslbctl({"purge", "--site", "nothing"}).code, 1);
}

TEST_F(Operator, PurgesByPrefixAndTagHardAndSoft) {
  declare_shop();
  const auto newest = world_.declare_fleet();
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), TestNode::hello(v1::ROLE_EDGE));
  edge.next_snapshot();
  edge.ack(newest);
  const auto sent = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "purge");
    arguments.insert(arguments.end(), {"--wait", "0s"});
    const auto done = gslbctl(arguments);
    EXPECT_EQ(done.code, 3) << done.err;
    auto purge = edge.next_purges().purges(0);
    edge.ack_purges(purge.sequence());
    purge.clear_sequence();
    return purge.ShortDebugString();
  };
  EXPECT_EQ(sent({"--prefix", "https://WWW.shop.example/img/"}),
            R"(prefix: "https://www.shop.example/img/")");
  EXPECT_EQ(sent({"--site", "www", "--tag", "product-42", "--soft"}),
            R"(tag { site: "www" tag: "product-42" } soft: true)");
  EXPECT_EQ(sent({"--everything", "--soft"}), "everything: true soft: true");

  const auto elsewhere = gslbctl({"purge", "--prefix", "https://www.other.example/"});
  EXPECT_EQ(elsewhere.code, 1);
  EXPECT_EQ(elsewhere.err, "gslbctl: purge.prefix: 'www.other.example' is a hostname of no site\n");
  EXPECT_EQ(gslbctl({"purge", "--tag", "a"}).code, 2);
  EXPECT_EQ(gslbctl({"purge", "https://a/", "--prefix", "https://a/"}).code, 2);
}

TEST_F(Operator, AsksAnEdgeToExplainARequest) {
  declare_shop();
  const std::vector<std::string> arguments{
      "explain-request", "https://www.shop.example/a", "-H", "Accept: text/html", "--client",
      "192.0.2.9"};
  EXPECT_THAT(gslbctl(arguments).err, HasSubstr("no edge node is connected"));
  EXPECT_THAT(gslbctl({"explain-request", "https://a/", "-H", "Accept", "--client", "::1"}).err,
              HasSubstr("--header: 'Accept' is not of the form 'Name: value'"));

  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), TestNode::hello(v1::ROLE_EDGE));
  edge.next_snapshot();
  auto asking = std::async(std::launch::async, [&] { return gslbctl(arguments); });
  const auto question = edge.next(v1::ControllerMessage::kExplainHttp).explain_http();
  EXPECT_EQ(question.url(), "https://www.shop.example/a");
  ASSERT_EQ(question.fields_size(), 1);
  EXPECT_EQ(question.fields(0).name(), "Accept");
  EXPECT_EQ(question.fields(0).value(), "text/html");
  v1::NodeMessage answer;
  auto& told = *answer.mutable_http_explanation();
  told.set_id(question.id());
  told.set_site("www");
  auto& step = *told.add_rules();
  step.set_rule("no-admin");
  step.set_reason("paths: '/a' is none of them");
  told.set_origin_pool("shop");
  edge.send(answer);
  const auto explained = asking.get();
  EXPECT_EQ(explained.code, 0) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("no-admin  no       paths: '/a' is none of them"));
  EXPECT_THAT(explained.out, HasSubstr("pool      shop"));
}

TEST_F(Operator, AsksADnsNodeToExplain) {
  declare_shop();
  const auto nobody = gslbctl({"explain", "www.shop.example", "--client", "192.0.2.9"});
  EXPECT_EQ(nobody.code, 1) << "the controller was reached";
  EXPECT_EQ(nobody.err, "gslbctl: no dns node is connected\n");

  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  dns.next_snapshot();
  auto asking = std::async(std::launch::async, [&] {
    return gslbctl({"explain", "www.shop.example", "--client", "192.0.2.9"});
  });
  const auto question = dns.next(v1::ControllerMessage::kExplain).explain();
  EXPECT_EQ(question.hostname(), "www.shop.example");
  v1::NodeMessage answer;
  answer.mutable_explain()->set_id(question.id());
  answer.mutable_explain()->set_node("d1");
  answer.mutable_explain()->add_answer("192.0.2.1");
  answer.mutable_explain()->set_reason("because");
  dns.send(answer);
  const auto explained = asking.get();
  EXPECT_EQ(explained.code, 0) << explained.err;
  EXPECT_THAT(explained.out, HasSubstr("answer    192.0.2.1"));
}

TEST_F(Operator, AsksADnsNodeForASteeringReport) {
  declare_shop();
  EXPECT_EQ(gslbctl({"steering", "report", "near", "--site", "www"}).code, 2);
  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  dns.next_snapshot();
  const auto ask = [&](const std::string& error) {
    auto asking = std::async(std::launch::async, [&] {
      return gslbctl({"steering", "report", "near", "--lost", "par", "--lost", "nyc"});
    });
    const auto question = dns.next(v1::ControllerMessage::kSteeringReport).steering_report();
    EXPECT_EQ(question.steering_policy(), "near");
    EXPECT_EQ(question.lost_size(), 2);
    v1::NodeMessage answer;
    auto& report = *answer.mutable_steering_report();
    report.set_id(question.id());
    report.set_error(error);
    report.add_policies()->set_steering_policy("near");
    dns.send(answer);
    return asking.get();
  };
  const auto shown = ask("");
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("Policy near"));
  const auto failed = ask("there is no location 'nyc'");
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.err, "gslbctl: d1: there is no location 'nyc'\n");
}

TEST_F(Operator, NeverSeesAPrivateKey) {
  declare_shop();
  for (const auto* format : {"table", "json", "yaml"}) {
    EXPECT_EQ(gslbctl({"get", "-o", format}).out.find("PRIVATE"), std::string::npos);
    EXPECT_EQ(gslbctl({"history", "-o", format}).out.find("PRIVATE"), std::string::npos);
    EXPECT_EQ(gslbctl({"describe", "certificate", "shop", "-o", format}).out.find("PRIVATE"),
              std::string::npos);
  }
}

TEST_F(Operator, DeletesWhatNothingNames) {
  declare_shop();
  const auto named = gslbctl({"delete", "origin-pool", "shop"});
  EXPECT_EQ(named.code, 1);
  EXPECT_THAT(named.err, HasSubstr("Site www: spec.origin_pool: there is no OriginPool 'shop'"));
  EXPECT_EQ(gslbctl({"delete", "site", "www"}, "", true).code, 2) << "a person must say --yes";
  EXPECT_EQ(gslbctl({"delete", "site", "www", "--yes"}, "", true).code, 0);
  EXPECT_EQ(gslbctl({"delete", "origin-pool", "shop"}).code, 0);
  EXPECT_EQ(gslbctl({"purge", "--everything"}, "", true).code, 2);
}

TEST_F(Operator, DescribesWithWhoNamesIt) {
  declare_shop();
  const auto described = gslbctl({"describe", "pool", "shop"});
  EXPECT_EQ(described.code, 2) << "one word for one thing";
  EXPECT_THAT(gslbctl({"describe", "origin-pool", "shop"}).out,
              HasSubstr("# Named by Site www (spec.origin_pool)."));
}

TEST_F(Operator, IsToldWhoHeMustBe) {
  const auto identity = world_.directory() / "edge";
  ASSERT_TRUE(tls::save_identity(identity, world_.identity(v1::ROLE_EDGE, "e1")));
  const auto denied =
      run_with({"status", "--controller", world_.address(), "--identity", identity.string()});
  EXPECT_EQ(denied.code, 1);
  EXPECT_THAT(denied.err, HasSubstr("must be an administrator's"));
}

TEST(Gslbctl, TellsAControllerThatIsNotThere) {
  const control::TestDirectory directory;
  const auto config = (directory.path() / "gslbctl.yaml").string();
  const auto made = run_with({"init", "--dir", (directory.path() / "c").string(), "--controller",
                              "127.0.0.1:1", "--config", config});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("controller --dir " + (directory.path() / "c").string() +
                                  " --listen 127.0.0.1:1"));
  const auto alone = run_with({"status", "--config", config});
  EXPECT_EQ(alone.code, 4);
  EXPECT_EQ(alone.out, "");
  EXPECT_THAT(alone.err,
              StartsWith("gslbctl: cannot reach the controller at 127.0.0.1:1: Connection refused\n"
                         "is it running there?"));
  EXPECT_EQ(run_with({"init", "--dir", (directory.path() / "c").string(), "--config", config}).code,
            1)
      << "an initialised directory is left alone";
}

TEST(Gslbctl, NamesTheCommandThatWasMeant) {
  EXPECT_EQ(run_with({"nod"}).err,
            "gslbctl: 'nod' is no command; did you mean 'node'?\n`gslbctl --help` lists them\n");
  EXPECT_EQ(run_with({"nod"}).code, 2);
  EXPECT_EQ(run_with({}).code, 2);
  EXPECT_EQ(run_with({"--help"}).code, 0);
  EXPECT_EQ(run_with({"get", "-o", "xml"}).code, 2);
  EXPECT_THAT(run_with({"--version"}).out, HasSubstr(MERIDIAN_VERSION));
}

TEST(Gslbctl, CompletesItsCommands) {
  const control::TestDirectory directory;
  const auto script = (directory.path() / "completion").string();
  for (const auto* shell : {"bash", "zsh"}) {
    std::ofstream(script) << run_with({"completion", shell}).out;
    EXPECT_EQ(std::system(("bash -n " + script).c_str()), 0);
  }
  std::ofstream(script) << run_with({"completion", "bash"}).out;
  const auto complete = [&](const std::string& words, int position) {
    const auto command = "bash -c 'source " + script + "; COMP_WORDS=(" + words +
                         "); COMP_CWORD=" + std::to_string(position) +
                         "; _gslbctl; echo ${COMPREPLY[*]}'";
    std::array<char, 4096> line{};
    FILE* pipe = popen(command.c_str(), "r");
    const auto size = fread(line.data(), 1, line.size(), pipe);
    pclose(pipe);
    return std::string(line.data(), size);
  };
  EXPECT_EQ(complete("gslbctl node d", 2), "drain\n");
  EXPECT_EQ(complete("gslbctl -o json stat", 3), "status\n");
  EXPECT_EQ(complete("gslbctl describe steer", 2), "steering-policy\n");
  EXPECT_EQ(complete("gslbctl purge --si", 2), "--site\n");
  EXPECT_EQ(complete("gslbctl get -o j", 3), "json\n");
  EXPECT_EQ(run_with({"completion", "fish"}).code, 2);
}

}  // namespace
}  // namespace meridian::gslbctl
