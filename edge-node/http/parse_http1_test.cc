#include "edge-node/http/parse_http1.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/http/body.h"
#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

using namespace std::string_literals;

/// 0: more is needed; 1: accepted; otherwise the error's status.
int outcome(const RequestParser& parser, Progress progress) {
  if (progress == Progress::more) return 0;
  return progress == Progress::done ? 1 : parser.error_status();
}

int parse_whole(const std::string& bytes) {
  RequestParser parser;
  return outcome(parser, parser.parse(bytes));
}

TEST(RequestParser, ReadsARequest) {
  RequestParser parser;
  const std::string bytes =
      "GET /a?b=c HTTP/1.1\r\nHost: WWW.Shop.Example:8443\r\nX:  y \r\n\r\nrest";
  ASSERT_EQ(parser.parse(bytes), Progress::done);
  const auto& head = parser.head();
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a?b=c");
  EXPECT_EQ(head.path(), "/a");
  EXPECT_EQ(head.host, "www.shop.example");
  EXPECT_EQ(head.fields.find("x"), "y");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.framing.has_body());
  EXPECT_EQ(bytes.substr(parser.size()), "rest");
}

TEST(RequestParser, TakesTheHostFromAnAbsoluteTarget) {
  RequestParser parser;
  ASSERT_EQ(parser.parse("GET http://Other.example:81?q HTTP/1.1\r\nHost: a\r\n\r\n"),
            Progress::done);
  EXPECT_EQ(parser.head().host, "other.example");
  EXPECT_EQ(parser.head().target, "/?q");
  EXPECT_EQ(parser.head().fields.find("host"), "Other.example:81");
}

TEST(RequestParser, OptionsOfAnAbsoluteTargetWithoutAPathAreOfTheServer) {
  const struct {
    const char* line;
    const char* target;
  } cases[] = {{"OPTIONS https://a.example", "*"},
               {"OPTIONS https://a.example:8443", "*"},
               {"OPTIONS https://a.example/", "/"},
               {"OPTIONS https://a.example?q", "/?q"},
               {"GET https://a.example", "/"}};
  for (const auto& one : cases) {
    RequestParser parser;
    ASSERT_EQ(parser.parse(std::string(one.line) + " HTTP/1.1\r\nHost: a\r\n\r\n"), Progress::done);
    EXPECT_EQ(parser.head().target, one.target) << one.line;
  }
}

TEST(RequestParser, KnowsWhenTheConnectionPersists) {
  const auto keeps = [](const std::string& version, const std::string& field) {
    RequestParser parser;
    EXPECT_EQ(parser.parse("GET / HTTP/" + version + "\r\nHost: a\r\n" + field + "\r\n"),
              Progress::done);
    return parser.head().keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: foo, Close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
}

struct Case {
  const char* name;
  std::string bytes;
  int outcome;
};

const std::vector<Case>& cases() {
  const std::string host = "Host: a\r\n";
  static const std::vector<Case> all = {
      {"one empty line first", "\r\nGET / HTTP/1.1\r\n" + host + "\r\n", 1},
      {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\n" + host + "\r\n", 400},
      {"bare LF in a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"bare CR in a value", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"s, 400},
      {"obs-fold", "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", 400},
      {"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"no colon", "GET / HTTP/1.1\r\n" + host + "X\r\n\r\n", 400},
      {"empty field name", "GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n", 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"no Host in 1.0", "GET / HTTP/1.0\r\n\r\n", 1},
      {"two Hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", 400},
      {"Host is an IPv6 address", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 1},
      {"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a tab", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", 400},
      {"no version", "GET /\r\n" + host + "\r\n", 400},
      {"HTTP/2.0", "GET / HTTP/2.0\r\n" + host + "\r\n", 505},
      {"HTTP/1.2 is a 1.x", "GET / HTTP/1.2\r\n" + host + "\r\n", 1},
      {"lower-case http", "GET / http/1.1\r\n" + host + "\r\n", 400},
      {"method with a bracket", "G(T / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a raw UTF-8 target", "GET /\xc3\xa9 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"no slash", "GET a HTTP/1.1\r\n" + host + "\r\n", 400},
      {"star", "GET * HTTP/1.1\r\n" + host + "\r\n", 400},
      {"OPTIONS star", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 1},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", 405},
      {"a length", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\n", 1},
      {"a signed length", "POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\n", 400},
      {"an endless length",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 9999999999999999999\r\n\r\n", 400},
      {"a list of lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\n", 400},
      {"two lengths",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400},
      {"length and coding",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: Chunked\r\n\r\n", 1},
      {"chunked twice",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
      {"chunked not last",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
      {"no chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 400},
      {"a coding that is none",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", 400},
      {"an empty coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \r\n\r\n", 400},
      {"gzip coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n",
       501},
      {"chunked in 1.0", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", 400},
      {"unknown expectation", "GET / HTTP/1.1\r\n" + host + "Expect: x\r\n\r\n", 417},
      {"long first line", "GET /" + std::string(8192, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"endless first line", std::string(8200, 'a'), 414},
      {"long head", "GET / HTTP/1.1\r\n" + host + "X: " + std::string(32768, 'a') + "\r\n\r\n",
       431},
      {"unfinished", "GET / HTTP/1.1\r\n" + host, 0},
  };
  return all;
}

TEST(RequestParser, AcceptsAndRefuses) {
  for (const auto& c : cases()) EXPECT_EQ(parse_whole(c.bytes), c.outcome) << c.name;
}

TEST(RequestParser, RefusesTooManyFields) {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i) bytes += "X: y\r\n";
  EXPECT_EQ(parse_whole(bytes + "\r\n"), 1);
  EXPECT_EQ(parse_whole(bytes + "X: y\r\n\r\n"), 431);
}

// However the bytes come in, the result is that of having them at once.
TEST(RequestParser, AnySplitGivesTheSameResult) {
  std::mt19937_64 random(1);
  for (const auto& c : cases()) {
    for (int round = 0; round < 20; ++round) {
      RequestParser parser;
      auto progress = Progress::more;
      for (std::size_t end = 0; progress == Progress::more && end < c.bytes.size();) {
        const auto step = round == 0 ? 1 : 1 + random() % (c.bytes.size() / 2 + 1);
        end = std::min(end + step, c.bytes.size());
        progress = parser.parse(std::string_view(c.bytes).substr(0, end));
      }
      ASSERT_EQ(outcome(parser, progress), c.outcome) << c.name << ", round " << round;
    }
  }
}

TEST(ResponseParser, ReadsEachLineInItsPlaceWhateverStandsBesideIt) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC:3\r\nD:  4 \r\nE: 5\r\nF:\r\nG: \r\nH: 8\r\n\r\n";
  const std::string lines = "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: \r\nG: \r\nH: 8\r\n";
  ResponseParser parser(ResponseTo::other);
  for (std::size_t split = 0; split < bytes.size(); ++split) {
    parser.reset();  // it keeps its memory, and nothing else
    const std::string first = bytes.substr(0, split);
    ASSERT_EQ(parser.parse(first), Progress::more) << split;
    ASSERT_EQ(parser.parse(bytes), Progress::done) << split;
    std::string read;
    parser.head().fields.append_lines(read, "");
    ASSERT_EQ(read, lines) << split;
    ASSERT_EQ(parser.head().fields.find("h"), "8");
  }
}

TEST(ResponseParser, KnowsNothingOfTheResponseBefore) {
  ResponseParser parser(ResponseTo::other);
  ASSERT_EQ(parser.parse("HTTP/1.0 404 No\r\nContent-Length: 3\r\nX-Old: 1\r\n\r\n"),
            Progress::done);
  parser.reset();
  ASSERT_EQ(parser.parse("HTTP/1.1 200 OK\r\nX-New: 1\r\n\r\n"), Progress::done);
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_EQ(parser.head().version, Version::http11);
  EXPECT_EQ(parser.head().framing.kind, Framing::Kind::until_close);
  EXPECT_EQ(parser.head().framing.length, 0u);
  EXPECT_FALSE(parser.head().fields.has("x-old"));
  EXPECT_FALSE(parser.head().fields.has("content-length"));
  EXPECT_EQ(parser.head().fields.size(), 1u);
}

TEST(Token, IsAsLongAsItsCharactersGo) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string text(random() % 24, '\0');
    // Mostly letters and hyphens, and all that looks like them in some bits.
    for (char& c : text) c = random() % 8 ? "azAZ-mM"[random() % 7] : static_cast<char>(random());
    std::size_t size = 0;
    while (size < text.size() && is_tchar(text[size])) ++size;
    ASSERT_EQ(token_size(text), size) << text;
  }
  for (int c = 0; c < 256; ++c) {
    const auto one = static_cast<char>(c);
    EXPECT_EQ(token_size(std::string("Aaaaaaa") + one), is_tchar(one) ? 8u : 7u) << c;
  }
}

TEST(Value, IsAsLongAsItsCharactersGo) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 100'000; ++i) {
    std::string text(random() % 60, '\0');
    const auto rarity = 1 + random() % 40;
    for (char& c : text)
      c = random() % rarity ? "a\t ~\x80\xff "[random() % 7] : static_cast<char>(random());
    std::size_t size = 0;
    while (size < text.size() && is_value_char(text[size])) ++size;
    ASSERT_EQ(value_size(text), size);
    ASSERT_EQ(is_value(text), size == text.size());
  }
  for (int c = 0; c < 256; ++c) {
    const auto one = static_cast<char>(c);
    EXPECT_EQ(value_size(std::string(15, 'a') + one), is_value_char(one) ? 16u : 15u) << c;
  }
}

Progress parse_response(const std::string& bytes, ResponseTo to = ResponseTo::other) {
  ResponseParser parser(to);
  return parser.parse(bytes);
}

TEST(ResponseParser, KnowsHowTheBodyEnds) {
  using Kind = Framing::Kind;
  const auto kind = [](const std::string& bytes, ResponseTo to = ResponseTo::other) {
    ResponseParser parser(to);
    EXPECT_EQ(parser.parse(bytes), Progress::done) << bytes;
    return parser.head().framing.kind;
  };
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), Kind::length);
  EXPECT_EQ(kind("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n"), Kind::chunked);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\n"), Kind::until_close);
  EXPECT_EQ(kind("HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n"), Kind::none);
  EXPECT_EQ(kind("HTTP/1.1 204 x\r\n\r\n"), Kind::none);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", ResponseTo::head), Kind::none);
}

TEST(ResponseParser, RefusesWhatCannotBeReliedUpon) {
  for (const char* bytes :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\nX: y\r\n\r\n"})
    EXPECT_EQ(parse_response(bytes), Progress::failed) << bytes;
}

/// `bytes` with a few of them changed, dropped, doubled or moved.
std::string mutate(std::string bytes, std::mt19937_64& random) {
  static const auto kSpecial =
      "\r\n :;,\t\0\xff"
      "09aZ-*/"s;
  for (auto changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
    const auto at = random() % bytes.size();
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = kSpecial[random() % kSpecial.size()];
        break;
      case 2:
        bytes.erase(at, 1 + random() % 8);
        break;
      default:
        bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 16));
        break;
    }
  }
  return bytes;
}

/// What a parser accepts is well-formed; the body's decoder takes any bytes.
template <class Parser>
void feed(Parser parser, const std::string& bytes) {
  const auto progress = parser.parse(bytes);
  if (progress != Progress::done) return;
  ASSERT_LE(parser.size(), bytes.size());
  const auto& fields = parser.head().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    ASSERT_EQ(fields[i].name.find_first_of(std::string_view("\r\n\0: ", 5)), std::string::npos);
    ASSERT_EQ(fields[i].value.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
  }
  BodyDecoder body(parser.head().framing);
  std::string_view rest = std::string_view(bytes).substr(parser.size());
  while (!rest.empty() && !body.done() && !body.failed()) {
    const auto step = body.step(rest);
    ASSERT_GT(step.consumed, 0u);
    rest.remove_prefix(step.consumed);
  }
}

TEST(Parsers, SurviveAHundredThousandMutatedInputs) {
  std::vector<std::string> seeds;
  for (const auto& c : cases())
    if (c.bytes.size() < 1000) seeds.push_back(c.bytes + "3\r\nabc\r\n0\r\n\r\n");
  const std::vector<std::string> responses = {
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: x\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n",
      "HTTP/1.0 301 Moved\r\nLocation: /\r\nConnection: close\r\n\r\n"};
  std::mt19937_64 random(2);
  for (int i = 0; i < 50'000; ++i) {
    feed(RequestParser(), mutate(seeds[random() % seeds.size()], random));
    feed(ResponseParser(ResponseTo::other), mutate(responses[random() % 3], random));
  }
}

TEST(Url, HasAHostAndATarget) {
  const auto url = parse_url("https://WWW.shop.example:8443/a?b");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "www.shop.example");
  EXPECT_EQ(url->target, "/a?b");
  EXPECT_EQ(parse_url("http://a")->target, "/");
  EXPECT_FALSE(parse_url("ftp://a/"));
  EXPECT_FALSE(parse_url("/a"));
}

}  // namespace
}  // namespace meridian::http
