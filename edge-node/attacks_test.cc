// Attacks that cost an edge its connections, memory or time, each over a socket: what the attacker
// gets, what the edge spends, and that a good client beside is served.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/h2/session.h"
#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;
const std::string kCached = "Cache-Control: max-age=60\r\n";
const std::string kUncached = "Cache-Control: no-store\r\n";
const std::string kGet = "GET / HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n";
constexpr std::size_t kLarge = std::size_t{2} << 20;
constexpr std::size_t kHuge = std::size_t{24} << 20;
constexpr int kAttackers = 20;

Origin::Reply answer(const Origin::Request& request) {
  const auto& target = request.head.target;
  const bool endless = target == "/endless";
  const std::size_t size = endless || target == "/huge" ? kHuge : target == "/large" ? kLarge : 1;
  return {.bytes = reply(200, endless ? kUncached : kCached, std::string(size, 'x')),
          .after_gate = {}};
}

/// An edge whose patience is short.
class Attacked : public ::testing::Test {
 protected:
  static void change(EdgeOptions& options) {
    options.limits.head = options.limits.body_stall = options.limits.send_stall = 1s;
    options.limits.handshake = 1s;
  }
  void SetUp() override { ASSERT_EQ(good_->get(kHost, "/good").status, 200); }

  /// The good client's next request, on the connection that it had before the attack.
  void expect_good_service() { EXPECT_EQ(good_->get(kHost, "/good").status, 200); }
  double metric(const std::string& name) { return world_.metric("meridian_edge_" + name); }
  /// All connections but the good client's are gone.
  bool is_alone() {
    return eventually([&] { return metric("open_connections") == 1; });
  }

  Origin origin_{answer};
  World world_{{&origin_}, change};
  std::unique_ptr<Client> good_ = world_.visit();
};

TEST_F(Attacked, HeadsThatComeTooSlowlyAreCut) {
  std::vector<std::unique_ptr<Client>> attackers;
  for (int i = 0; i < kAttackers; ++i) {
    attackers.push_back(world_.visit());
    attackers.back()->send(kGet);
  }
  // A field now and then does not make it a request.
  int sent = 0;
  ASSERT_TRUE(eventually([&] {
    expect_good_service();
    for (const auto& attacker : attackers) attacker->send("X: y\r\n");
    return ++sent >= 95 || metric("visitor_timeouts_total") == kAttackers;
  }));
  for (const auto& attacker : attackers) {
    const auto last_word = attacker->read_response();
    EXPECT_TRUE(last_word.status == 408 || last_word.status == 431 || last_word.status == 0);
  }
  attackers.clear();
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(metric("origin_fetches_total"), 1);
  EXPECT_EQ(origin_.requests(), 1);  // the good client's
  expect_good_service();
}

TEST_F(Attacked, HandshakesThatAreNotMadeAreCut) {
  std::vector<std::unique_ptr<Client>> attackers;
  for (int i = 0; i < kAttackers; ++i) {
    attackers.push_back(std::make_unique<Client>(world_.https_port()));
    attackers.back()->send(i % 2 ? "\x16\x03\x01\x02" : "");
  }
  for (const auto& attacker : attackers) EXPECT_TRUE(attacker->at_end());
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(metric("tls_handshake_failures_total"), kAttackers);
  EXPECT_EQ(metric("tls_handshakes_total"), 1);
  expect_good_service();
}

/// Answered before their bodies came, of which so little lacks that the connection is kept.
TEST_F(Attacked, BodiesThatNeverComeBehindAnAnswerAreCut) {
  std::vector<std::unique_ptr<Client>> attackers;
  for (int i = 0; i < kAttackers; ++i) {
    attackers.push_back(world_.visit());
    attackers.back()->send(i % 2 ? "GET /.well-known/meridian/health HTTP/1.1\r\nHost: a\r\n"
                                   "Content-Length: 10\r\n\r\n"
                                 : "POST /health HTTP/1.1\r\nHost: no.site.example\r\n"
                                   "Content-Length: 10\r\n\r\n");
  }
  expect_good_service();
  for (const auto& attacker : attackers) EXPECT_GE(attacker->read_response().status, 200);
  for (const auto& attacker : attackers) EXPECT_TRUE(attacker->at_end());
  attackers.clear();
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(origin_.received().find("health"), std::string::npos);
  expect_good_service();
}

TEST_F(Attacked, BodiesThatStallAreCut) {
  std::vector<std::unique_ptr<Client>> attackers;
  for (int i = 0; i < kAttackers; ++i) {
    attackers.push_back(world_.visit());
    attackers.back()->send("POST /form HTTP/1.1\r\nHost: " + std::string(kHost) +
                           "\r\nContent-Length: 1000\r\n\r\nx");
  }
  expect_good_service();
  for (const auto& attacker : attackers) EXPECT_EQ(attacker->read_response().status, 408);
  attackers.clear();
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(origin_.requests(), 1);  // no whole one came of them
  EXPECT_EQ(metric("visitor_timeouts_total"), kAttackers);
  EXPECT_EQ(metric("received_bytes_total"), kAttackers);
  EXPECT_TRUE(eventually([&] { return origin_.open_connections() <= 1; }));
  expect_good_service();
}

/// Never silent for as long as the edge waits, and never done.
TEST(AttackedByDrops, BodiesThatComeByDropsAreCut) {
  Origin origin(answer);
  World world({&origin}, [](EdgeOptions& options) {
    options.limits.pace_grace = 1s;
    options.limits.least_bytes_per_second = 1'000'000;
  });
  const auto attacker = world.visit();
  attacker->send("POST /form HTTP/1.1\r\nHost: " + std::string(kHost) +
                 "\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_TRUE(eventually([&] {
    attacker->send("x");
    return world.metric("meridian_edge_visitor_timeouts_total") == 1;
  }));
  EXPECT_EQ(origin.requests(), 0);
  EXPECT_EQ(world.visit()->get(kHost, "/good").status, 200);
}

TEST_F(Attacked, AnswersThatNobodyReadsAreCut) {
  ASSERT_EQ(good_->get(kHost, "/large").body.size(), kLarge);
  const auto fetches = metric("origin_fetches_total");
  std::vector<std::unique_ptr<Client>> attackers;
  for (int i = 0; i < kAttackers; ++i) {
    attackers.push_back(world_.visit());
    for (int request = 0; request < 10; ++request)
      attackers.back()->send("GET /large HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n\r\n");
  }
  expect_good_service();
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(metric("visitor_timeouts_total"), kAttackers);
  // What the sockets took, of 400 MiB that were asked for; the edge holds no copy.
  EXPECT_EQ(metric("origin_fetches_total"), fetches);
  EXPECT_LT(metric("sent_bytes_total"), kAttackers * 10.0 * kLarge / 2);
  expect_good_service();
}

/// What the system holds for a visitor takes longer to go than the edge waits for it.
TEST(SlowReaders, AreServedAsLongAsTheyRead) {
  Origin origin(answer);
  World world({&origin}, [](EdgeOptions& options) { options.limits.send_stall = 3s; });
  const auto visitor = world.visit();
  visitor->send("GET /huge HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n\r\n");
  Http2Client other(world.https_port(), kHost);
  other.send(frame(kSettings, 0, 0, std::string("\0\x04", 2) + u32(64 << 20)) +
             frame(kWindowUpdate, 0, 0, u32(64 << 20)));
  other.ask(1, kHost, "/huge");
  const auto begin = Clock::now();
  while (Clock::now() < begin + 7s && visitor->unread().size() < kHuge / 2) {
    EXPECT_TRUE(visitor->read_more());
    EXPECT_TRUE(other.step());
    for (int i = 0; i < 20; ++i) (void)world.metric("meridian_edge_open_connections");
  }
  EXPECT_EQ(visitor->read_response().body.size(), kHuge);
  EXPECT_EQ(other.read_answer(1).body.size(), kHuge);
  EXPECT_EQ(world.metric("meridian_edge_visitor_timeouts_total"), 0);
}

TEST(SlowReaders, KeepNoEdgeFromEnding) {
  Origin origin(answer);
  auto world = std::make_unique<World>(std::vector<const Origin*>{&origin});
  std::vector<std::unique_ptr<Http2Client>> readers;
  for (int i = 0; i < 16; ++i) {
    auto& reader = *readers.emplace_back(std::make_unique<Http2Client>(world->https_port(), kHost));
    reader.send(frame(kSettings, 0, 0, std::string("\0\x04", 2) + u32(64 << 20)) +
                frame(kWindowUpdate, 0, 0, u32(64 << 20)));
    reader.ask(1, kHost, "/huge");
  }
  const auto begun = [&] { return world->metric("meridian_edge_sent_bytes_total") > kLarge; };
  EXPECT_TRUE(eventually(begun));
  world.reset();
}

TEST_F(Attacked, HeadsBeyondTheirLimitsAreRefusedAndReadNoFurther) {
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X: y\r\n";
  const std::pair<std::string, int> heads[] = {
      {kGet + fields + "\r\n", 431},
      {kGet + "X: " + std::string(40'000, 'y') + "\r\n\r\n", 431},
      {kGet + "X: " + std::string(4'000'000, 'y'), 431},
      {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {std::string(4'000'000, 'a'), 414},
  };
  double refused = 0;
  for (const auto& [head, status] : heads) {
    const auto attacker = world_.visit();
    attacker->send(head);
    EXPECT_EQ(attacker->read_response().status, status);
    EXPECT_EQ(metric("bad_requests_total"), ++refused);
    expect_good_service();
  }
  EXPECT_EQ(origin_.requests(), 1);
  EXPECT_TRUE(is_alone());
}

/// Floods of frames: `frames` are sent until the edge has had enough.
class Flooded : public Attacked {
 protected:
  std::string ask(std::uint32_t stream, const std::string& path, bool ends = true) {
    const Block block = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", kHost}, {":path", path}};
    return frame(kHeaders, ends ? kEndHeaders | kEndStream : kEndHeaders, stream, encode(block));
  }
  /// The code of the GOAWAY that ends it; none: it was let go on.
  std::optional<std::uint32_t> flood(const std::string& frames) {
    Http2Client attacker(world_.https_port(), kHost);
    attacker.send(frames + frame(kPing, 0, 0, "the end!"));
    while (!attacker.goaway) {
      const auto got = attacker.next();
      if (!got) break;
      if (got->type == kPing && (got->flags & kAck) && got->payload == "the end!") break;
      if (got->type == kGoaway) attacker.goaway = static_cast<unsigned char>(got->payload.at(7));
    }
    expect_good_service();
    return attacker.goaway;
  }
  static constexpr std::uint32_t kCalm = 11;  // ENHANCE_YOUR_CALM
};

/// CVE-2023-44487.
TEST_F(Flooded, RapidResetsEndTheConnectionBeforeTheyReachTheOrigin) {
  std::string frames;
  constexpr std::uint32_t kStreams = 2'000;
  for (std::uint32_t i = 0; i < kStreams; ++i) {
    const auto stream = 2 * i + 1;
    frames += ask(stream, "/miss" + std::to_string(i));
    frames += frame(kRstStream, 0, stream, u32(8));
  }
  const auto fetches = metric("origin_fetches_total");
  EXPECT_EQ(flood(frames), kCalm);
  // Requests that were taken back before they were looked at cost nothing; of the others no more
  // than the edge lets a connection take back.
  EXPECT_LE(metric("origin_fetches_total") - fetches, 220);
  EXPECT_EQ(metric("h2_protocol_errors_total"), 1);
  EXPECT_TRUE(is_alone());
}

/// Where the server resets, because of what the client sends (CVE-2025-8671, "MadeYouReset").
TEST_F(Flooded, ResetsThatTheEdgeIsMadeToSendEndTheConnection) {
  const std::string too_much = u32(0x7fffffff), nothing = u32(0);
  const std::string path_behind = encode({{":path", "/"}}), large = encode({{"Upper", "case"}});
  // One field of 4,000 bytes, and twenty times the same by its place in the table (RFC 7541).
  const std::string endless =
      "\x40\x01x\x7f\xa1\x1e" + std::string(4'000, 'x') + std::string(20, '\xbe');
  const std::pair<std::uint8_t, std::string> faults[] = {{kWindowUpdate, nothing},
                                                         {kWindowUpdate, too_much},
                                                         {kHeaders, path_behind},
                                                         {kHeaders, large},
                                                         {kHeaders, endless}};
  for (const auto& [type, payload] : faults) {
    std::string frames;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
      const auto stream = 2 * i + 1;
      frames += ask(stream, "/miss" + std::to_string(i), false);
      const auto flags = type == kHeaders ? kEndHeaders | kEndStream : 0;
      frames += frame(type, static_cast<std::uint8_t>(flags), stream, payload);
    }
    const auto fetches = metric("origin_fetches_total");
    EXPECT_TRUE(flood(frames).has_value());
    EXPECT_LE(metric("origin_fetches_total") - fetches, 220);
    EXPECT_TRUE(is_alone());
  }
}

/// What comes for a stream that the edge has ended may have been on its way; not without end.
TEST_F(Flooded, FramesForStreamsThatAreNoMoreEndTheConnection) {
  std::string frames = ask(1, "/a", false) + frame(kWindowUpdate, 0, 1, u32(0x7fffffff));
  for (int i = 0; i < 4'000; ++i) frames += frame(kData, 0, 1);
  EXPECT_EQ(flood(frames), kCalm);
}

/// CVE-2024-27316.
TEST_F(Flooded, ContinuationsWithoutEndEndTheConnection) {
  std::string frames = ask(1, "/x");
  frames[4] = kEndStream;  // without END_HEADERS
  for (int i = 0; i < 10'000; ++i)
    frames += frame(kContinuation, 0, 1, encode({{"x", std::string(100, 'y')}}));
  EXPECT_TRUE(flood(frames).has_value());
  EXPECT_EQ(metric("bad_requests_total"), 0);  // nothing of it became a request
  EXPECT_EQ(origin_.requests(), 1);
  EXPECT_TRUE(is_alone());
}

TEST_F(Flooded, ControlFramesWithoutEndEndTheConnection) {
  const auto many = [](const std::string& one) {
    std::string all;
    for (int i = 0; i < 20'000; ++i) all += one;
    return all;
  };
  const std::string setting("\0\4\0\0\xff\xff", 6);
  const std::pair<std::string, std::string> floods[] = {
      {"PING", many(frame(kPing, 0, 0, "12345678"))},
      {"SETTINGS", many(frame(kSettings, 0, 0, setting))},
      {"empty SETTINGS", many(frame(kSettings, 0, 0))},
      {"acknowledgements", many(frame(kPing, kAck, 0, "12345678"))},
      {"WINDOW_UPDATE", many(frame(kWindowUpdate, 0, 0, u32(1)))},
      {"empty DATA", ask(1, "/x", false) + many(frame(kData, 0, 1))},
      {"padding alone", ask(1, "/x", false) + many(frame(kData, kPadded, 1, std::string(1, 0)))},
      {"RST_STREAM", ask(1, "/x") + many(frame(kRstStream, 0, 1, u32(8)))},
      {"PRIORITY", many(frame(kPriority, 0, 1, u32(0) + "x"))},
      {"frames of no type", many(frame(0x77, 0, 0, "x"))},
  };
  for (const auto& [name, frames] : floods) {
    SCOPED_TRACE(name);
    const auto ended = flood(frames);
    if (name == "RST_STREAM")
      EXPECT_TRUE(ended);  // by the library's own bound
    else
      EXPECT_EQ(ended, kCalm);
  }
  EXPECT_TRUE(is_alone());
}

/// "HPACK bomb": one large field, and many short references to it.
TEST_F(Flooded, HeadsThatGrowWhenUnpackedAreRefused) {
  Http2Client attacker(world_.https_port(), kHost);
  const std::string value(3'000, 'y');
  // Literal with incremental indexing, a new name (RFC 7541 section 6.2.1).
  std::string block =
      encode({{":method", "GET"}, {":scheme", "https"}, {":authority", kHost}, {":path", "/bomb"}});
  std::string literal = encode({{"x", value}});
  literal[0] = 0x40;
  block += literal;
  block.append(10'000, '\xbe');  // index 62, the newest: 30 MB
  attacker.send(frame(kHeaders, kEndStream | kEndHeaders, 1, block));
  const auto answer = attacker.read_answer(1);
  EXPECT_TRUE(answer.status == 431 || answer.reset || attacker.goaway) << answer.status;
  expect_good_service();
  EXPECT_EQ(origin_.requests(), 1);
}

TEST_F(Flooded, AnswersToWindowsOfNothingAreReset) {
  ASSERT_EQ(good_->get(kHost, "/large").body.size(), kLarge);
  const auto sent = metric("sent_bytes_total");
  Http2Client attacker(world_.https_port(), kHost);
  attacker.updates_windows = false;
  std::string frames = frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6));
  for (std::uint32_t i = 0; i < 100; ++i) frames += ask(2 * i + 1, "/large");
  attacker.send(frames);
  expect_good_service();
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(attacker.read_answer(2 * i + 1).reset, kCalm);
  for (const auto& [stream, got] : attacker.answers) EXPECT_EQ(got.body, "") << stream;
  // What is held for a stream that takes nothing, and the good client's byte.
  EXPECT_LE(metric("sent_bytes_total") - sent, 100 * h2::Session::kCopiedBytes + 1);
  EXPECT_EQ(metric("visitor_timeouts_total"), 100);
  expect_good_service();
}

TEST_F(Flooded, HitsToWindowsOfNothingCountAsNothingSent) {
  const auto sent = metric("sent_bytes_total");
  {
    Http2Client attacker(world_.https_port(), kHost);
    attacker.updates_windows = false;
    std::string frames = frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6));
    for (std::uint32_t i = 0; i < 100; ++i) frames += ask(2 * i + 1, "/good");
    attacker.send(frames);
    for (std::uint32_t i = 0; i < 100; ++i)
      while (attacker.answers[2 * i + 1].status == 0) ASSERT_TRUE(attacker.step());
  }
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(metric("sent_bytes_total"), sent);
  EXPECT_EQ(metric("responses_total"), 101);
  expect_good_service();
}

/// The session borrows what whoever answers holds, and that ends when the visitor has gone.
TEST_F(Flooded, WhoClosesItsSideGetsNothingOfWhatIsFreed) {
  Http2Client attacker(world_.https_port(), kHost);
  attacker.send(frame(kSettings, 0, 0, std::string("\0\4\x7f\xff\xff\xff", 6)) +
                frame(kWindowUpdate, 0, 0, u32(0x7fff0000)));
  constexpr std::uint32_t kLast = 7;
  std::string frames;
  for (std::uint32_t stream = 1; stream <= kLast; stream += 2) frames += ask(stream, "/endless");
  attacker.send(frames);
  // Until the system takes no more of it.
  double before = -1, sent = 0;
  ASSERT_TRUE(eventually([&] {
    before = std::exchange(sent, metric("sent_bytes_total"));
    return sent > 100'000 && sent == before;
  }));
  attacker.shutdown_write();
  EXPECT_TRUE(eventually([&] { return origin_.open_connections() <= 1; }));
  attacker.updates_windows = false;
  while (attacker.step()) {
  }
  for (const auto& [stream, got] : attacker.answers)
    EXPECT_EQ(got.body.find_first_not_of('x'), std::string::npos) << stream;
  EXPECT_TRUE(is_alone());
  expect_good_service();
}

/// What comes with a flood is not looked at.
TEST_F(Flooded, NothingIsAskedForWhoIsToGo) {
  std::string frames;
  for (int i = 0; i < 2'100; ++i) frames += frame(kWindowUpdate, 0, 0, u32(1));
  EXPECT_EQ(flood(frames + ask(1, "/last")), kCalm);
  EXPECT_TRUE(is_alone());
  EXPECT_EQ(origin_.received().find("/last"), std::string::npos);
}

/// Windows that open by a byte: DATA frames of a byte each would be the edge's work.
TEST(FloodedByDrops, AnswersThatAreTakenByDropsAreReset) {
  Origin origin(answer);
  World world({&origin}, [](EdgeOptions& options) {
    options.limits.pace_grace = 1s;
    options.limits.least_bytes_per_second = 1'000'000;
  });
  const auto good = world.visit();
  EXPECT_EQ(good->get(kHost, "/large").body.size(), kLarge);
  Http2Client attacker(world.https_port(), kHost);
  attacker.updates_windows = false;
  attacker.send(frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6)));
  attacker.ask(1, kHost, "/large");
  auto& got = attacker.answers[1];
  while (!got.reset && !attacker.goaway) {
    const auto before = got.body.size();
    attacker.send(frame(kWindowUpdate, 0, 1, u32(1)));
    while (!got.reset && !attacker.goaway && got.body.size() == before && attacker.step()) {
    }
    ASSERT_LT(got.body.size(), kLarge / 2);
  }
  EXPECT_EQ(good->get(kHost, "/good").status, 200);
}

}  // namespace
}  // namespace meridian::edge
