// What frames do that no good client sends, section by section of RFC 9113, on a real connection.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;

const Block kAsk = {{":method", "GET"},
                    {":scheme", "http"},
                    {":authority", "a.example"},
                    {":path", "/.well-known/meridian/health"}};
const Block kPost = {
    {":method", "POST"}, {":scheme", "http"}, {":authority", World::kHost}, {":path", "/"}};

std::string request(std::uint32_t stream, const Block& block = kAsk,
                    std::uint8_t flags = kEndHeaders | kEndStream) {
  return frame(kHeaders, flags, stream, encode(block));
}
std::string setting(std::uint16_t id, std::uint32_t value) {
  return std::string{static_cast<char>(id >> 8), static_cast<char>(id)} + u32(value);
}
Block with(Block block, const Block& more) {
  block.insert(block.end(), more.begin(), more.end());
  return block;
}

class Frames : public ::testing::Test {
 protected:
  Frames() : world_({&origin_}) {}

  /// What comes of `bytes` after the preface: "goaway CODE", "reset STREAM CODE", or "status N" of
  /// stream 1, whichever is first; "pong" if they are taken without a word.
  std::string outcome(const std::string& bytes, bool settings = true) {
    Http2Client client(world_.http_port(), {}, false);
    client.send(std::string(kPreface) + (settings ? frame(kSettings, 0, 0) : "") + bytes +
                (settings ? frame(kPing, 0, 0, "12345678") : ""));
    for (int pongs = 0; const auto got = client.next();) {
      const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
          value = value << 8 | static_cast<unsigned char>(got->payload.at(at + i));
        return std::to_string(value);
      };
      if (got->type == kGoaway) return "goaway " + number(4);
      if (got->type == kRstStream) return "reset " + std::to_string(got->stream) + " " + number(0);
      if (got->type == kHeaders) return "status on " + std::to_string(got->stream);
      if (got->type != kPing || !(got->flags & kAck)) continue;
      // Pongs overtake; what the bytes had for an answer comes before the second one.
      if (++pongs == 2) return "pong";
      client.send(frame(kPing, 0, 0, "12345678"));
    }
    return "closed";
  }

  Origin origin_{[](const Origin::Request&) { return Origin::Reply{}; }};
  World world_;
};

constexpr const char* kProtocolError = "goaway 1";
constexpr const char* kFlowControlError = "goaway 3";
constexpr const char* kStreamClosed = "goaway 5";
constexpr const char* kFrameSizeError = "goaway 6";

TEST_F(Frames, Section3TheConnectionPreface) {
  EXPECT_EQ(outcome(frame(kPing, 0, 0, "12345678"), false), kProtocolError);
  Http2Client client(world_.http_port(), {}, false);
  client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + frame(kSettings, 0, 0));
  while (client.step()) {
  }
  EXPECT_EQ(client.goaway, 1u);
}

TEST_F(Frames, Section4FramesAndFieldBlocks) {
  EXPECT_EQ(outcome(frame(kHeaders, kEndHeaders | kEndStream, 1, std::string(16385, 'a'))),
            kFrameSizeError);
  EXPECT_EQ(outcome(request(1, kPost, kEndHeaders) + frame(kData, 0, 1, std::string(16385, 'a'))),
            kFrameSizeError);
  EXPECT_EQ(outcome(frame(kHeaders, kEndHeaders | kEndStream, 1, "\xff\xff\xff\xff\xff\xff")),
            "goaway 9");
  EXPECT_EQ(outcome(frame(kHeaders, kEndStream, 1, encode(kAsk)) + frame(kPing, 0, 0, "12345678")),
            kProtocolError);
  EXPECT_EQ(outcome(frame(kHeaders, kEndStream, 1, encode(kAsk)) + request(3)), kProtocolError);
  EXPECT_EQ(
      outcome(frame(kHeaders, kEndStream, 1, encode(kAsk)) + frame(kContinuation, kEndHeaders, 3)),
      kProtocolError);
  EXPECT_EQ(
      outcome(frame(kHeaders, kEndStream, 1, encode(kAsk)) + frame(kContinuation, kEndHeaders, 1)),
      "status on 1");
  EXPECT_EQ(outcome(frame(0xfe, 0xff, 0, "anything")), "pong");
  EXPECT_EQ(outcome(frame(kHeaders, kEndStream, 1, encode(kAsk)) + frame(0xfe, 0, 1, "x")),
            kProtocolError);
}

TEST_F(Frames, Section5StreamsAndTheirStates) {
  for (const std::string& on_idle :
       {frame(kData, 0, 1, "x"), frame(kRstStream, 0, 1, u32(8)),
        frame(kWindowUpdate, 0, 1, u32(1)), frame(kContinuation, kEndHeaders, 1)})
    EXPECT_EQ(outcome(on_idle), kProtocolError);
  const auto half_closed = outcome(request(1, kAsk) + frame(kData, 0, 1, "x"));
  EXPECT_TRUE(half_closed == "goaway 5" || half_closed == "reset 1 5" ||
              half_closed == "status on 1")
      << half_closed;
  EXPECT_EQ(outcome(request(1, kPost, kEndHeaders) + frame(kRstStream, 0, 1, u32(8)) +
                    frame(kWindowUpdate, 0, 1, u32(1))),
            "pong");
  EXPECT_EQ(outcome(request(2)), kProtocolError);
  EXPECT_EQ(outcome(request(5) + request(3)), kStreamClosed);
}

TEST_F(Frames, Section5FramesAfterTheEndOfAStream) {
  const std::string reset = request(1, kPost, kEndHeaders) + frame(kRstStream, 0, 1, u32(8));
  EXPECT_EQ(outcome(reset + frame(kData, 0, 1, "x")), kStreamClosed);
  EXPECT_EQ(outcome(reset + request(1)), kStreamClosed);
  EXPECT_EQ(outcome(reset + frame(kPriority, 0, 1, u32(0) + "x")), "pong");
  // What has been reset here may still be sent to, by who has not heard of it.
  const std::string refused = request(1, with(kPost, {{"content-length", "1"}}), kEndHeaders) +
                              frame(kData, 0, 1, "too long");
  EXPECT_EQ(outcome(refused), "reset 1 1");
  EXPECT_EQ(outcome(refused + frame(kData, kEndStream, 1, "x")), "reset 1 1");
}

TEST_F(Frames, Section5TooManyStreamsAreRefused) {
  Http2Client client(world_.https_port(), World::kHost);
  for (std::uint32_t i = 0; i < 101; ++i)
    client.ask(2 * i + 1, World::kHost, "/", {}, "POST", false);
  while (!client.answers[201].reset && !client.goaway && client.step()) {
  }
  EXPECT_TRUE(client.answers[201].reset == 7u || client.goaway == 1u);
}

TEST_F(Frames, Section6DataAndHeaders) {
  EXPECT_EQ(outcome(frame(kData, 0, 0, "x")), kProtocolError);
  EXPECT_EQ(outcome(request(1, kPost, kEndHeaders) + frame(kData, kPadded, 1,
                                                           "\x05"
                                                           "abc")),
            kProtocolError);
  EXPECT_EQ(outcome(frame(kHeaders, kEndHeaders, 0, encode(kAsk))), kProtocolError);
  EXPECT_EQ(outcome(frame(kHeaders, kEndHeaders | kEndStream | kPadded, 1,
                          "\xff" + encode(kAsk).substr(0, 20))),
            kProtocolError);
  EXPECT_EQ(outcome(frame(kContinuation, kEndHeaders, 0)), kProtocolError);
  EXPECT_EQ(outcome(request(1, kPost, kEndHeaders) + frame(kContinuation, kEndHeaders, 1)),
            kProtocolError);
  EXPECT_EQ(outcome(frame(kPushPromise, kEndHeaders, 1, u32(2) + encode(kAsk))), kProtocolError);
}

TEST_F(Frames, Section6PriorityAndReset) {
  // They were declined in the settings (RFC 9218 section 2.1.1): not looked at further.
  EXPECT_EQ(outcome(frame(kPriority, 0, 0, u32(0) + "x")), kProtocolError);
  EXPECT_EQ(outcome(frame(kPriority, 0, 1, u32(3) + "x")), "pong");
  EXPECT_EQ(outcome(frame(kRstStream, 0, 0, u32(8))), kProtocolError);
  EXPECT_EQ(outcome(request(1, kPost, kEndHeaders) + frame(kRstStream, 0, 1, "abc")),
            kFrameSizeError);
}

TEST_F(Frames, Section6Settings) {
  EXPECT_EQ(outcome(frame(kSettings, kAck, 0, "x")), kFrameSizeError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 1)), kProtocolError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 0, "abc")), kFrameSizeError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 0, setting(2, 2))), kProtocolError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 0, setting(4, 0x80000000))), kFlowControlError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 0, setting(5, 16383))), kProtocolError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 0, setting(5, 0x1000000))), kProtocolError);
  EXPECT_EQ(outcome(frame(kSettings, 0, 0, setting(0xbeef, 1))), "pong");
}

TEST_F(Frames, Section6PingGoawayAndWindows) {
  EXPECT_EQ(outcome(frame(kPing, 0, 1, "12345678")), kProtocolError);
  EXPECT_EQ(outcome(frame(kPing, 0, 0, "1234567")), kFrameSizeError);
  EXPECT_EQ(outcome(frame(kGoaway, 0, 1, u32(0) + u32(0))), kProtocolError);
  EXPECT_EQ(outcome(frame(kWindowUpdate, 0, 0, u32(0))), kProtocolError);
  EXPECT_EQ(outcome(frame(kWindowUpdate, 0, 0, "abc")), kFrameSizeError);
  EXPECT_EQ(outcome(frame(kWindowUpdate, 0, 0, u32(0x7fffffff))), kFlowControlError);
  const auto open = request(1, kPost, kEndHeaders);
  EXPECT_NE(outcome(open + frame(kWindowUpdate, 0, 1, u32(0))), "pong");
  EXPECT_EQ(outcome(open + frame(kWindowUpdate, 0, 1, u32(0x7fffffff))), "reset 1 3");
}

TEST_F(Frames, Section8MessagesThatAreNone) {
  const std::vector<Block> malformed = {
      with(kAsk, {{"X-Upper", "x"}}),
      with(kAsk, {{"connection", "keep-alive"}}),
      with(kAsk, {{"transfer-encoding", "chunked"}}),
      with(kAsk, {{"te", "gzip"}}),
      with(kAsk, {{":unknown", "x"}}),
      with(kAsk, {{":status", "200"}}),
      with(kAsk, {{":path", "/again"}}),
      with({{"early", "x"}}, kAsk),
      {kAsk[0], kAsk[1], kAsk[2]},
      {kAsk[0], kAsk[2], kAsk[3]},
      {kAsk[1], kAsk[2], kAsk[3]},
      {kAsk[0], kAsk[1], kAsk[2], {":path", ""}},
  };
  for (const auto& block : malformed) EXPECT_EQ(outcome(request(1, block)), "reset 1 1");
}

TEST_F(Frames, Section8BodiesAgainstTheirLength) {
  const auto post = with(kPost, {{"content-length", "3"}});
  EXPECT_EQ(outcome(request(1, post, kEndHeaders) + frame(kData, kEndStream, 1, "ab")),
            "reset 1 1");
  EXPECT_EQ(outcome(request(1, post, kEndHeaders) + frame(kData, kEndStream, 1, "abcd")),
            "reset 1 1");
  EXPECT_EQ(outcome(request(1, post)), "reset 1 1");
}

TEST_F(Frames, Section8Trailers) {
  const auto begin = request(1, kPost, kEndHeaders) + frame(kData, 0, 1, "ab");
  EXPECT_EQ(outcome(begin + request(1, {{"a", "b"}}, kEndHeaders)), "reset 1 1");
  EXPECT_EQ(outcome(begin + request(1, {{":path", "/"}})), "reset 1 1");
  EXPECT_EQ(outcome(begin + request(1, {{"connection", "x"}})), "reset 1 1");
}

/// What was asked with too much is told so, as in HTTP/1.1, and the connection goes on.
TEST_F(Frames, HeadsHaveTheLimitsOfHttp1) {
  Http2Client client(world_.http_port());
  client.ask(1, "a.example", "/" + std::string(9000, 'a'));
  EXPECT_EQ(client.read_answer(1).status, 414);
  Block many;
  for (int i = 0; i < 101; ++i) many.push_back({"x", "y"});
  client.ask(3, "a.example", "/", many);
  EXPECT_EQ(client.read_answer(3).status, 431);
  client.ask(5, "a.example", "/", {{"host", "b.example"}});
  EXPECT_EQ(client.read_answer(5).status, 400);
  client.ask(7, "a.example", "/x#y");
  EXPECT_EQ(client.read_answer(7).status, 400);
  client.ask(9, "a.example", "/.well-known/meridian/health");
  EXPECT_EQ(client.read_answer(9).body, "ok\n");
}

TEST_F(Frames, FloodsEndTheConnection) {
  std::string resets, pings, settings, continuations, empties;
  for (std::uint32_t i = 0; i < 300; ++i)
    resets += request(2 * i + 1, kPost, kEndHeaders) + frame(kRstStream, 0, 2 * i + 1, u32(8));
  for (int i = 0; i < 3000; ++i) {
    pings += frame(kPing, 0, 0, "12345678");
    settings += frame(kSettings, 0, 0, setting(3, 100));
    empties += frame(kData, 0, 1);
  }
  for (int i = 0; i < 20; ++i) continuations += frame(kContinuation, 0, 1, encode({{"a", "b"}}));
  const std::pair<std::string, std::string> floods[] = {
      {"resets", resets},
      {"pings", pings},
      {"settings", settings},
      {"empty DATA", request(1, kPost, kEndHeaders) + empties},
      {"CONTINUATION", frame(kHeaders, kEndStream, 1, encode(kAsk)) + continuations},
  };
  for (const auto& [name, bytes] : floods) {
    SCOPED_TRACE(name);
    Http2Client attacker(world_.https_port(), World::kHost);
    attacker.send(bytes);
    while (attacker.step()) {
    }
    EXPECT_EQ(attacker.goaway, name == "CONTINUATION" ? 1u : 11u);
    Http2Client good(world_.http_port());
    good.ask(1, "a.example", "/.well-known/meridian/health");
    EXPECT_EQ(good.read_answer(1).body, "ok\n");
  }
}

}  // namespace
}  // namespace meridian::edge
