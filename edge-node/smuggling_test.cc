// Requests that two readers may take for different ones. They run through an edge to an origin that
// keeps every byte it gets: what can be misread is refused with 400 and nothing of it goes on.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using namespace std::string_literals;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
const std::string kHostLine = "Host: "s + kHost + "\r\n";
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\n" + kHostLine + "\r\n";

class Smuggling : public ::testing::Test {
 protected:
  /// Who asks beside: is served, and is all that the origin hears of.
  void expect_good_service() {
    const auto before = origin_.requests();
    Client good(world_.https_port(), kHost);
    const auto answer = good.get(kHost, "/good");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "x");
    EXPECT_EQ(origin_.requests(), before + 1);
  }
  double metric(const std::string& name) { return world_.metric("meridian_edge_" + name); }

  Origin origin_{[](const Origin::Request&) {
    return Origin::Reply{.bytes = reply(200, "Cache-Control: no-store\r\n", "x"), .after_gate = {}};
  }};
  World world_{{&origin_}};
};

struct Attack {
  std::string name;
  std::string bytes;  // of the request; a smuggled one follows
};

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /attack HTTP/1.1\r\n" + kHostLine + fields + "\r\n" + body;
}
std::string get(const std::string& fields) {
  return "GET /attack HTTP/1.1\r\n" + kHostLine + fields + "\r\n";
}

std::vector<Attack> lengths_in_conflict() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"CL.TE", post("Content-Length: 6\r\n" + chunked, "0\r\n\r\nG")},
      {"TE.CL", post(chunked + "Content-Length: 4\r\n", "5c\r\n")},
      {"CL.0 and TE", post("Content-Length: 0\r\n" + chunked, "0\r\n\r\n")},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 0\r\n", "hello")},
      {"the same twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {"a list", post("Content-Length: 5, 5\r\n", "hello")},
      {"a sign", post("Content-Length: +5\r\n", "hello")},
      {"negative", post("Content-Length: -5\r\n", "hello")},
      {"hexadecimal", post("Content-Length: 0x5\r\n", "hello")},
      {"a blank inside", post("Content-Length: 1 0\r\n", "hello")},
      {"empty", post("Content-Length: \r\n", "hello")},
      {"overflow", post("Content-Length: 18446744073709551621\r\n", "hello")},
      {"chunked in HTTP/1.0", "POST /attack HTTP/1.0\r\n" + kHostLine + chunked + "\r\n0\r\n\r\n"},
  };
}

std::vector<Attack> obscure_codings() {
  std::vector<Attack> attacks;
  for (const std::string& line : {"Transfer-Encoding: xchunked"s,
                                  "Transfer-Encoding: chunked, identity"s,
                                  "Transfer-Encoding: identity, chunked"s,
                                  "Transfer-Encoding: identity"s,
                                  "Transfer-Encoding: chunked, chunked"s,
                                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"s,
                                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: x"s,
                                  "Transfer-Encoding: x\r\nTransfer-Encoding: chunked"s,
                                  "Transfer-Encoding: chunk"s,
                                  "Transfer-Encoding: chunked;q=1"s,
                                  "Transfer-Encoding: \"chunked\""s,
                                  "Transfer-Encoding: 'chunked'"s,
                                  "Transfer-Encoding: chunked,"s,
                                  "Transfer-Encoding: ,"s,
                                  "Transfer-Encoding:"s,
                                  "Transfer-Encoding: \x0b"
                                  "chunked"s,
                                  "Transfer-Encoding: \x0c"
                                  "chunked"s,
                                  "Transfer-Encoding: chunked\x00"s,
                                  "Transfer-Encoding: chu\x00nked"s,
                                  "Transfer-Encoding : chunked"s,
                                  "Transfer-Encoding\t: chunked"s,
                                  "Transfer-Encoding\x0b: chunked"s,
                                  " Transfer-Encoding: chunked"s,
                                  "\tTransfer-Encoding: chunked"s,
                                  "X: y\r\n Transfer-Encoding: chunked"s,
                                  "X: y\rTransfer-Encoding: chunked"s,
                                  "X: y\nTransfer-Encoding: chunked"s,
                                  "Transfer-Encoding:\r\n chunked"s,
                                  "Transfer-Encoding: gzip, chunked, x"s,
                                  "\"Transfer-Encoding\": chunked"s,
                                  "Transfer Encoding: chunked"s})
    attacks.push_back({line, post(line + "\r\n", "0\r\n\r\n")});
  return attacks;
}

std::vector<Attack> lines_and_names() {
  return {
      {"bare LF ends a field", get("X: y\nZ: z\r\n")},
      {"bare LF ends the first line", "GET /attack HTTP/1.1\n" + kHostLine + "\r\n"},
      {"bare LF ends the head", "GET /attack HTTP/1.1\r\n" + kHostLine + "\n"},
      {"only bare LFs", "GET /attack HTTP/1.1\nHost: "s + kHost + "\n\n"},
      {"bare CR in a value", get("X: a\rb\r\n")},
      {"bare CR ends a field", get("X: y\rZ: z\r\n")},
      {"CR CR LF", get("X: y\r\r\n")},
      {"bare CR in the target", "GET /att\rack HTTP/1.1\r\n" + kHostLine + "\r\n"},
      {"obs-fold", get("X: a\r\n b\r\n")},
      {"obs-fold by a tab", get("X: a\r\n\tb\r\n")},
      {"obs-fold before all fields", "GET /attack HTTP/1.1\r\n X: y\r\n" + kHostLine + "\r\n"},
      {"a blank before the colon", get("X : y\r\n")},
      {"a tab before the colon", get("X\t: y\r\n")},
      {"a blank in a name", get("X Y: z\r\n")},
      {"an empty name", get(": y\r\n")},
      {"no colon", get("X\r\n")},
      {"NUL in a value", get("X: a\0b\r\n"s)},
      {"NUL in a name", get("X\0Y: z\r\n"s)},
      {"NUL in the target", "GET /att\0ack HTTP/1.1\r\n"s + kHostLine + "\r\n"},
      {"NUL in the method", "GE\0T /attack HTTP/1.1\r\n"s + kHostLine + "\r\n"},
      {"two Hosts", get("Host: evil.example\r\n")},
      {"the same Host twice", get(kHostLine)},
      {"Hosts in a list", "GET /attack HTTP/1.1\r\nHost: "s + kHost + ", evil.example\r\n\r\n"},
      {"Host with a path", "GET /attack HTTP/1.1\r\nHost: "s + kHost + "/x\r\n\r\n"},
      {"Host with a user", "GET /attack HTTP/1.1\r\nHost: evil@"s + kHost + "\r\n\r\n"},
      {"no Host", "GET /attack HTTP/1.1\r\n\r\n"},
      {"two blanks", "GET  /attack HTTP/1.1\r\n" + kHostLine + "\r\n"},
      {"a blank in the target", "GET /att ack HTTP/1.1\r\n" + kHostLine + "\r\n"},
      {"tabs between", "GET\t/attack\tHTTP/1.1\r\n" + kHostLine + "\r\n"},
      {"a blank at the end", "GET /attack HTTP/1.1 \r\n" + kHostLine + "\r\n"},
      {"a blank in front", " GET /attack HTTP/1.1\r\n" + kHostLine + "\r\n"},
      {"no version", "GET /attack\r\n" + kHostLine + "\r\n"},
      {"two versions", "GET /attack HTTP/1.1 HTTP/1.1\r\n" + kHostLine + "\r\n"},
  };
}

TEST_F(Smuggling, WhatTwoCouldReadDifferentlyIsRefusedAndNothingOfItGoesOn) {
  double refused = 0;
  for (const auto& attacks : {lengths_in_conflict(), obscure_codings(), lines_and_names()}) {
    for (const auto& [name, bytes] : attacks) {
      SCOPED_TRACE(name);
      const auto answers = metric("responses_total{class=\"2xx\"}");
      Client attacker(world_.https_port(), kHost);
      attacker.send(bytes + kSmuggled);
      EXPECT_EQ(attacker.read_response().status, 400);
      EXPECT_TRUE(attacker.at_end());  // what follows is not looked at
      EXPECT_EQ(metric("bad_requests_total"), ++refused);
      EXPECT_EQ(metric("responses_total{class=\"2xx\"}"), answers);
    }
  }
  EXPECT_EQ(origin_.received(), "");
  EXPECT_EQ(metric("origin_fetches_total"), 0);
  expect_good_service();
}

/// Their heads are good: the origin hears of them, but never of an end.
TEST_F(Smuggling, BodiesThatTwoCouldReadDifferentlyAreRefused) {
  const std::vector<Attack> bodies = {
      {"bare LF behind a size", "5\nhello\r\n0\r\n\r\n"},
      {"bare LF behind a chunk", "5\r\nhello\n0\r\n\r\n"},
      {"bare CR behind a size", "5\rhello\r\n0\r\n\r\n"},
      {"bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"},
      {"bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"},
      {"nothing behind a chunk", "5\r\nhello0\r\n\r\n"},
      {"a sign", "+5\r\nhello\r\n0\r\n\r\n"},
      {"negative", "-1\r\nhello\r\n0\r\n\r\n"},
      {"a prefix", "0x5\r\nhello\r\n0\r\n\r\n"},
      {"a blank in front", " 5\r\nhello\r\n0\r\n\r\n"},
      {"overflow", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"empty size", "\r\nhello\r\n0\r\n\r\n"},
      {"a trailer with a blank before its colon", "0\r\nX : y\r\n\r\n"},
      {"a trailer without a colon", "0\r\n" + kSmuggled},
      {"a trailer with NUL", "0\r\nX: a\0b\r\n\r\n"s},
  };
  for (const auto& [name, body] : bodies) {
    SCOPED_TRACE(name);
    Client attacker(world_.https_port(), kHost);
    attacker.send(post("Transfer-Encoding: chunked\r\n", body) + kSmuggled);
    EXPECT_EQ(attacker.read_response().status, 400);
    EXPECT_TRUE(attacker.at_end());
  }
  EXPECT_EQ(metric("bad_requests_total{reason=\"body\"}"), static_cast<double>(bodies.size()));
  EXPECT_EQ(origin_.requests(), 0);  // none was whole
  EXPECT_EQ(origin_.received().find("\r\n0\r\n"), std::string::npos);
  EXPECT_EQ(origin_.received().find("smuggled"), std::string::npos);
  expect_good_service();
}

/// RFC 9110 and 9112 let a sender write the same in several ways: the origin gets one of them.
TEST_F(Smuggling, WhatMayBeWrittenInSeveralWaysGoesOnInOne) {
  int asked = 0;
  for (const std::string& line :
       {"Transfer-Encoding: chunked"s, "Transfer-Encoding: Chunked"s, "tRANSFER-eNCODING: CHUNKED"s,
        "Transfer-Encoding:chunked"s, "Transfer-Encoding:\tchunked"s,
        "Transfer-Encoding: chunked \t"s}) {
    SCOPED_TRACE(line);
    const auto before = origin_.received().size();
    Client visitor(world_.https_port(), kHost);
    visitor.send(post(line + "\r\n", "5;name=value\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\n"));
    EXPECT_EQ(visitor.read_response().status, 200);
    EXPECT_EQ(origin_.requests(), ++asked);
    const auto got = origin_.received().substr(before);
    EXPECT_NE(got.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n")) << got;
    EXPECT_EQ(got.find("ontent-"), std::string::npos) << got;
  }
}

TEST_F(Smuggling, OfHttp2BecomesNothingElseInHttp1) {
  const auto block = [](const Block& more, const std::string& path = "/attack",
                        const std::string& method = "GET", const std::string& host = kHost) {
    Block all = {{":method", method}, {":scheme", "https"}, {":authority", host}, {":path", path}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const std::string injected = "\r\nTransfer-Encoding: chunked";
  const std::vector<std::pair<std::string, Block>> attacks = {
      {"CR LF in a value", block({{"x", "a" + injected}})},
      {"LF in a value", block({{"x", "a\nTransfer-Encoding: chunked"}})},
      {"CR in a value", block({{"x", "a\rb"}})},
      {"NUL in a value", block({{"x", "a\0b"s}})},
      {"a blank in front of a value", block({{"x", " a"}})},
      {"CR LF in a name", block({{"x: y\r\nz", "a"}})},
      {"a colon in a name", block({{"x:y", "a"}})},
      {"a blank in a name", block({{"x y", "a"}})},
      {"NUL in a name", block({{"x\0y"s, "a"}})},
      {"upper case", block({{"X-Upper", "a"}})},
      {"an empty name", block({{"", "a"}})},
      {"CR LF in the path", block({}, "/ HTTP/1.1" + injected + "\r\n\r\n" + kSmuggled)},
      {"a blank in the path", block({}, "/a HTTP/1.1")},
      {"NUL in the path", block({}, "/a\0b"s)},
      {"no slash", block({}, "attack")},
      {"CR LF in the method", block({}, "/attack", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET")},
      {"a blank in the method", block({}, "/attack", "GET /x HTTP/1.1")},
      {"CR LF in the authority", block({}, "/attack", "GET", kHost + injected)},
      {"a blank in the authority", block({}, "/attack", "GET", kHost + " x"s)},
      {"a user in the authority", block({}, "/attack", "GET", "evil@"s + kHost)},
      {"Transfer-Encoding", block({{"transfer-encoding", "chunked"}}, "/attack", "POST")},
      {"Connection", block({{"connection", "close"}})},
      {"Keep-Alive", block({{"keep-alive", "1"}})},
      {"Proxy-Connection", block({{"proxy-connection", "x"}})},
      {"Upgrade", block({{"upgrade", "websocket"}})},
      {"TE", block({{"te", "chunked"}})},
      {"another Host", block({{"host", "evil.example"}})},
      {"two lengths", block({{"content-length", "0"}, {"content-length", "5"}}, "/a", "POST")},
      {"a length of no number", block({{"content-length", "+0"}}, "/attack", "POST")},
      {"a length without a body", block({{"content-length", "5"}}, "/attack", "POST")},
      {"a pseudo field twice", block({{":path", "/again"}})},
      {"an unknown pseudo field", block({{":protocol2", "x"}})},
  };
  for (const auto& [name, fields] : attacks) {
    SCOPED_TRACE(name);
    Http2Client attacker(world_.https_port(), kHost);
    attacker.send(frame(kHeaders, kEndHeaders | kEndStream, 1, encode(fields)));
    const auto answer = attacker.read_answer(1);
    EXPECT_TRUE(answer.status == 400 || answer.reset == 1u || attacker.goaway == 1u)
        << answer.status;
  }
  EXPECT_EQ(origin_.received(), "");
  expect_good_service();
}

TEST_F(Smuggling, BodiesOfHttp2AreAsLongAsTheySay) {
  const auto begin = [](const Block& more) {
    Block block = {
        {":method", "POST"}, {":scheme", "https"}, {":authority", kHost}, {":path", "/attack"}};
    block.insert(block.end(), more.begin(), more.end());
    return frame(kHeaders, kEndHeaders, 1, encode(block));
  };
  const auto trailers = [](const Block& block) {
    return frame(kHeaders, kEndHeaders | kEndStream, 1, encode(block));
  };
  const std::vector<std::pair<std::string, std::string>> attacks = {
      {"H2.CL, more", begin({{"content-length", "0"}}) + frame(kData, kEndStream, 1, kSmuggled)},
      {"H2.CL, less", begin({{"content-length", "99"}}) + frame(kData, kEndStream, 1, "x")},
      {"pseudo fields behind", begin({}) + frame(kData, 0, 1, "x") + trailers({{":path", "/y"}})},
      {"a connection's field behind",
       begin({}) + frame(kData, 0, 1, "x") + trailers({{"transfer-encoding", "chunked"}})},
      {"CR LF behind", begin({}) + frame(kData, 0, 1, "x") + trailers({{"x", "a\r\n\r\nGET"}})},
  };
  for (const auto& [name, frames] : attacks) {
    SCOPED_TRACE(name);
    Http2Client attacker(world_.https_port(), kHost);
    attacker.send(frames);
    const auto answer = attacker.read_answer(1);
    EXPECT_TRUE(answer.status == 400 || answer.reset == 1u || attacker.goaway == 1u)
        << answer.status;
  }
  EXPECT_LE(origin_.requests(), 1);  // the one that said that it has no body, and has none there
  EXPECT_EQ(origin_.received().find("smuggled"), std::string::npos);
  expect_good_service();
}

/// A field that Connection lists is not for the origin, so it selects nothing of what that answers.
TEST(SmugglingIntoTheCache, WhatTheOriginDoesNotHearSelectsNothing) {
  Origin origin([](const Origin::Request& request) {
    const bool knows = request.head.fields.has("origin");
    return Origin::Reply{.bytes = reply(200, "Cache-Control: max-age=60\r\nVary: Origin\r\n",
                                        knows ? "for the app" : "for nobody"),
                         .after_gate = {}};
  });
  World world({&origin});
  const auto visitor = world.visit();
  const std::string app = "Origin: https://app.example\r\n";
  EXPECT_EQ(visitor->get(kHost, "/api", app + "Connection: Origin\r\n").body, "for nobody");
  EXPECT_EQ(visitor->get(kHost, "/api", app).body, "for the app");
  EXPECT_EQ(visitor->get(kHost, "/api").body, "for nobody");
  EXPECT_EQ(origin.requests(), 2);
}

/// What looks like chunks is but content.
TEST_F(Smuggling, ABodyOfHttp2CannotEndItselfInHttp1) {
  Http2Client visitor(world_.https_port(), kHost);
  visitor.ask(1, kHost, "/attack", {}, "POST", false);
  visitor.send(frame(kData, kEndStream, 1, "0\r\n\r\n" + kSmuggled));
  EXPECT_EQ(visitor.read_answer(1).status, 200);
  EXPECT_EQ(origin_.requests(), 1);
  expect_good_service();
}

}  // namespace
}  // namespace meridian::edge
