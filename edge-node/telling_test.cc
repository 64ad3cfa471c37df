// What an edge tells of how its answers came about: to visitors, in the log, in traces.
#include "edge-node/request/telling.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "edge-node/request/send.h"
#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using ::testing::AllOf;
using testing::Client;
using testing::eventually;
using ::testing::HasSubstr;
using testing::Http2Client;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
constexpr const char* kToken = "0123456789abcdef";
const std::string kAsk = "Meridian-Debug: " + std::string(kToken) + "\r\n";
const std::string kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// The body is what the origin was told.
Origin::Reply echo(const Origin::Request& request) {
  const auto& fields = request.head.fields;
  const int status = request.head.target == "/error" ? 500 : 200;
  return say(reply(status, "Cache-Control: max-age=60\r\nMeridian-Debug: site=x\r\n",
                   "debug=" + fields.combined("meridian-debug") + " parent=" +
                       fields.combined("traceparent") + " state=" + fields.combined("tracestate")));
}

class Telling : public ::testing::Test {
 protected:
  Telling()
      : log_(std::filesystem::path(::testing::TempDir()) /
             ("meridian-telling-" + std::to_string(::getpid()))),
        origin_(echo),
        world_({&origin_}, [this](EdgeOptions& options) { options.access_log.path = log_; }) {
    world_.settings.emplace();
  }
  ~Telling() override { std::filesystem::remove(log_); }

  testing::Response get(const std::string& target, const std::string& fields = "") {
    if (!visitor_) {
      EXPECT_TRUE(world_.apply());
      visitor_ = world_.visit();
    }
    return visitor_->get(kHost, target, fields);
  }
  std::string log_text() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }
  bool log_comes_to_say(const std::string& wanted) const {
    return eventually([&] { return log_text().find(wanted) != std::string::npos; });
  }

  std::filesystem::path log_;
  Origin origin_;
  World world_;
  std::unique_ptr<Client> visitor_;
};

TEST_F(Telling, SaysNothingUnasked) {
  world_.settings->set_debug_token(kToken);
  for (const std::string& fields :
       {std::string(), std::string("Meridian-Debug: 0123456789abcdeX\r\n"),
        std::string("Meridian-Debug: 0123456789abcde\r\n"), std::string("Meridian-Debug:\r\n")}) {
    const auto answer = get("/a", fields);
    EXPECT_EQ(answer.field("meridian-debug"), "") << fields;
    EXPECT_EQ(answer.field("server-timing"), "");
    EXPECT_EQ(answer.field("cache-control"), "max-age=60");
    EXPECT_THAT(answer.body, HasSubstr("debug= ")) << "no origin sees the token";
  }
}

TEST_F(Telling, SaysNothingWhereNoTokenIsSet) {
  EXPECT_EQ(get("/a", "Meridian-Debug:\r\n").field("meridian-debug"), "");
  EXPECT_EQ(get("/a", kAsk).field("meridian-debug"), "");
}

/// All fields of that name, one a line.
std::string decision_of(Client& visitor, const std::string& target, const std::string& fields) {
  visitor.send("GET " + target + " HTTP/1.1\r\nHost: " + kHost + "\r\n" + fields + "\r\n");
  while (visitor.unread().find("\r\n\r\n") == std::string::npos && visitor.read_more()) {
  }
  std::string lines;
  std::istringstream head(visitor.unread());
  for (std::string line; std::getline(head, line) && line != "\r";)
    if (line.starts_with("Meridian-Debug: ")) lines += line.substr(16, line.size() - 17) + "\n";
  (void)visitor.read_response();
  return lines;
}

TEST_F(Telling, TellsTheWholeDecisionToWhoHasTheToken) {
  world_.settings->set_debug_token(kToken);
  world_.rules.reserve(2);
  auto& rule = world_.rules.emplace_back("tag", v1::Rule()).second;
  rule.mutable_match()->add_paths("/a");
  auto& other = world_.rules.emplace_back("other", v1::Rule()).second;
  other.mutable_match()->add_paths("/b");
  for (auto* one : {&rule, &other}) {
    auto* header = one->mutable_change_headers()->add_set_response();
    header->set_name("X-Tag");
    header->set_value("yes");
  }
  world_.site.add_rules("tag");
  world_.site.add_rules("other");
  ASSERT_TRUE(world_.apply());
  const auto visitor = world_.visit();
  const std::string origin = "127.0.0.1:" + std::to_string(origin_.port());
  EXPECT_THAT(
      decision_of(*visitor, "/a", kAsk),
      AllOf(HasSubstr("site=\"shop\", revision=2, client=\"127.0.0.1\""),
            HasSubstr("rules=(\"tag\";effect="), HasSubstr("passed=(\"other\")"),
            HasSubstr("cache=miss;key="),
            HasSubstr(";age=0;ttl=60;status=\"meridian; fwd=uri-miss"),
            HasSubstr("cache-control=\"max-age=60\""),
            HasSubstr("pool=\"pool\", origin=\"" + origin + "\";answered;attempts=1;connect="),
            HasSubstr("edge="), Not(HasSubstr("site=x"))));
  EXPECT_THAT(decision_of(*visitor, "/a", kAsk),
              AllOf(HasSubstr("cache=hit;key="), HasSubstr("status=\"meridian; hit; ttl=60\""),
                    HasSubstr("pool=\"pool\", origin=none")));
}

TEST_F(Telling, NobodyElseGetsAnAnswerThatTells) {
  world_.settings->set_debug_token(kToken);
  EXPECT_EQ(get("/a", kAsk).field("cache-control"), "no-store");
  const auto stored = get("/a");
  EXPECT_THAT(stored.field("cache-status"), HasSubstr("hit"));
  EXPECT_EQ(stored.field("meridian-debug"), "");
  EXPECT_EQ(stored.field("cache-control"), "max-age=60");
}

TEST_F(Telling, TellsOfAnswersThatAreNoSites) {
  world_.settings->set_debug_token(kToken);
  ASSERT_TRUE(world_.apply());
  const auto answer = world_.visit()->get("nobody.example", "/", kAsk);
  EXPECT_EQ(answer.status, 421);
  EXPECT_THAT(answer.field("meridian-debug"), HasSubstr("site=none"));
}

TEST_F(Telling, SecretsAreComparedWhole) {
  EXPECT_TRUE(is_same_secret("", ""));
  EXPECT_TRUE(is_same_secret("abc", "abc"));
  EXPECT_FALSE(is_same_secret("abc", "abd"));
  EXPECT_FALSE(is_same_secret("abc", ""));
  EXPECT_FALSE(is_same_secret("", "abc"));
  EXPECT_FALSE(is_same_secret("abcabc", "abc"));
}

TEST_F(Telling, ServerTimingSaysWhatTookItsTime) {
  world_.settings->set_server_timing(true);
  EXPECT_THAT(get("/a").field("server-timing"),
              MatchesRegex("cache;desc=miss, origin-connect;dur=[0-9.]+, origin;dur=[0-9.]+, "
                           "edge;dur=[0-9.]+"));
  EXPECT_THAT(get("/b").field("server-timing"),
              MatchesRegex("cache;desc=miss, origin;dur=[0-9.]+, edge;dur=[0-9.]+"))
      << "on a connection that was there";
  EXPECT_EQ(get("/a").field("server-timing"), "cache;desc=hit");
  EXPECT_EQ(get("/a", "Pragma: none\r\n").field("server-timing"), "cache;desc=hit");
  Http2Client other(world_.https_port(), kHost);
  other.ask(1, kHost, "/a");
  EXPECT_EQ(other.read_answer(1).fields["server-timing"], "cache;desc=hit");
}

TEST_F(Telling, TracesPassUntouchedByDefault) {
  EXPECT_THAT(get("/a", "traceparent: " + kParent + "\r\ntracestate: A\r\n").body,
              HasSubstr("parent=" + kParent + " state=A"));
}

TEST_F(Telling, TracesGoOnWithASpanOfTheEdgeThatIsLogged) {
  world_.settings->set_trace_context(true);
  const auto body = get("/a", "traceparent: " + kParent + "\r\ntracestate: a=1\r\n").body;
  EXPECT_THAT(body, AllOf(HasSubstr("parent=00-4bf92f3577b34da6a3ce929d0e0e4736-"),
                          Not(HasSubstr("00f067aa0ba902b7")), HasSubstr("state=a=1")));
  const auto span = body.substr(body.find("parent=") + 7 + 36, 16);
  EXPECT_TRUE(log_comes_to_say(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":")" +
                               span + R"(","parent_span_id":"00f067aa0ba902b7")"))
      << log_text();
}

TEST_F(Telling, TracesBeginWhereThereIsNone) {
  world_.settings->set_trace_context(true);
  EXPECT_THAT(get("/a").body, MatchesRegex("debug= parent=00-[0-9a-f]{32}-[0-9a-f]{16}-01 state="));
}

TEST_F(Telling, HitsAreInTheTraceToo) {
  world_.settings->set_trace_context(true);
  (void)get("/a");
  (void)get("/a", "traceparent: " + kParent + "\r\n");
  EXPECT_TRUE(log_comes_to_say(R"("parent_span_id":"00f067aa0ba902b7")")) << log_text();
}

TEST_F(Telling, TheLogSaysWhoAskedAndWhoAnswered) {
  (void)get("/a", "User-Agent: tester\r\nReferer: https://a.example/\r\n");
  EXPECT_TRUE(log_comes_to_say(
      R"("referer":"https://a.example/","user_agent":"tester","cache":"miss","pool":"pool",)"
      R"("origin":"127.0.0.1:)" +
      std::to_string(origin_.port()) + R"(","first_byte_us":)"))
      << log_text();
}

TEST_F(Telling, TheLogSaysWhatRefusedARequest) {
  v1::Rule rule;
  rule.mutable_match()->add_paths("/secret");
  rule.mutable_deny()->set_status(404);
  world_.rules = {{"hide-secrets", rule}};
  world_.site.add_rules("hide-secrets");
  auto& limits = *world_.site.mutable_limits();
  limits.mutable_requests()->set_requests(3);
  limits.mutable_requests()->mutable_per()->set_seconds(3600);
  world_.settings->mutable_limits()->set_connections_per_client(1);
  ASSERT_TRUE(world_.apply());
  const auto visitor = world_.visit();
  EXPECT_EQ(visitor->get(kHost, "/secret").status, 404);
  EXPECT_TRUE(log_comes_to_say(R"("rule":"hide-secrets")")) << log_text();
  EXPECT_EQ(visitor->get("other.example", "/").status, 421);
  EXPECT_TRUE(log_comes_to_say(R"("refused":"host")")) << log_text();
  const auto refused = [&] { return visitor->get(kHost, "/").status == 429; };
  EXPECT_TRUE(testing::eventually(refused));
  EXPECT_TRUE(log_comes_to_say(R"("refused":"site_requests")")) << log_text();
  EXPECT_FALSE(world_.visit()->connected());
  EXPECT_TRUE(log_comes_to_say(R"("refused":"connections_per_client")")) << log_text();
}

TEST_F(Telling, ProbesAreNotLogged) {
  ASSERT_TRUE(world_.apply());
  EXPECT_EQ(get("/.well-known/meridian/health", "User-Agent: meridian-probe\r\n").status, 200);
  (void)get("/a");
  EXPECT_TRUE(log_comes_to_say(R"("path":"/a")"));
  EXPECT_EQ(log_text().find("well-known"), std::string::npos);
}

TEST_F(Telling, AFloodOfWhatLooksLikeProbesIsLogged) {
  ASSERT_TRUE(world_.apply());
  constexpr int kMany = 4 * UnloggedProbes::kPerSecond;
  std::string probes;
  for (int i = 0; i < kMany; ++i)
    probes +=
        "GET /.well-known/meridian/health HTTP/1.1\r\nHost: www.shop.example\r\n"
        "User-Agent: meridian-probe\r\n\r\n";
  EXPECT_TRUE(eventually([&] {
    Client visitor(world_.http_port());
    visitor.send(probes);
    for (int i = 0; i < kMany; ++i) EXPECT_EQ(visitor.read_response().status, 200);
    return log_text().find("well-known") != std::string::npos;
  }));
}

TEST_F(Telling, TheLogHasRequestsThatCouldNotBeRead) {
  ASSERT_TRUE(world_.apply());
  auto visitor = world_.visit();
  visitor->send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 400);
  EXPECT_TRUE(log_comes_to_say(R"("protocol":"-","site":"","host":"-","method":"-","path":"-",)"
                               R"("status":400,)"))
      << log_text();
}

TEST_F(Telling, WhatWasWrongWithARequestIsLoggedAndCounted) {
  ASSERT_TRUE(world_.apply());
  const std::string host = "Host: " + std::string(kHost) + "\r\n",
                    get = "GET / HTTP/1.1\r\n" + host;
  const std::vector<std::pair<std::string, std::string>> requests = {
      {"GET /\r\n" + host + "\r\n", "start_line"},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", "version"},
      {"CONNECT a:1 HTTP/1.1\r\n" + host + "\r\n", "method"},
      {"GET ftp://a/ HTTP/1.1\r\n" + host + "\r\n", "target"},
      {get + host + "\r\n", "host"},
      {get + "X: y\nZ: z\r\n\r\n", "line_end"},
      {get + "X : y\r\n\r\n", "field"},
      {get + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "content_length"},
      {get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer_encoding"},
      {get + "Expect: more\r\n\r\n", "expectation"},
      {get + "X: " + std::string(40'000, 'y') + "\r\n\r\n", "too_large"},
  };
  for (const auto& [request, reason] : requests) {
    SCOPED_TRACE(reason);
    world_.visit()->send(request);
    EXPECT_TRUE(log_comes_to_say("\"refused\":\"" + reason + '"'));
    EXPECT_EQ(world_.metric("meridian_edge_bad_requests_total{reason=\"" + reason + "\"}"), 1);
  }
  Http2Client http2(world_.https_port(), kHost);
  http2.send(testing::frame(
      testing::kHeaders, testing::kEndHeaders | testing::kEndStream, 1,
      testing::encode(
          {{":method", "GET"}, {":scheme", "ftp"}, {":authority", kHost}, {":path", "/"}})));
  EXPECT_EQ(http2.read_answer(1).status, 400);
  EXPECT_TRUE(log_comes_to_say(R"("refused":"pseudo_field")"));
  EXPECT_EQ(world_.metric("meridian_edge_bad_requests_total"), requests.size() + 1.0);
}

TEST_F(Telling, ASiteMayKeepItsRequestsOutOfTheLog) {
  world_.site.mutable_access_log()->set_enabled(false);
  (void)get("/quiet");
  (void)get("/quiet");
  world_.site.mutable_access_log()->set_enabled(true);
  visitor_.reset();
  (void)get("/loud");
  EXPECT_TRUE(log_comes_to_say("/loud"));
  EXPECT_THAT(log_text(), Not(HasSubstr("/quiet")));
}

TEST(LogChoice, SampleIsAShareButOfErrorsAll) {
  const LogChoice half{.enabled = true, .sample = 0.5};
  EXPECT_TRUE(is_logged(half, 200, 0));
  EXPECT_FALSE(is_logged(half, 200, std::uint64_t{1} << 63));
  EXPECT_FALSE(is_logged(half, 404, ~std::uint64_t{0}));
  EXPECT_TRUE(is_logged(half, 500, ~std::uint64_t{0}));
  EXPECT_TRUE(is_logged({}, 200, ~std::uint64_t{0}));
  EXPECT_FALSE(is_logged({.enabled = false, .sample = 1}, 500, 0));
}

}  // namespace
}  // namespace meridian::edge
