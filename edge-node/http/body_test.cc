#include "edge-node/http/body.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "edge-node/http/write_http1.h"

namespace meridian::http {
namespace {

struct Decoded {
  std::string data;
  std::string rest;  // what came after the body
  bool done = false;
  bool failed = false;
};

/// In pieces of the given sizes, or whole.
Decoded decode(const Framing& framing, std::string_view bytes, std::mt19937_64* random = nullptr) {
  BodyDecoder decoder(framing);
  Decoded result;
  while (!bytes.empty() && !decoder.done() && !decoder.failed()) {
    auto piece = bytes.substr(0, random ? 1 + (*random)() % 7 : bytes.size());
    const auto step = decoder.step(piece);
    result.data += step.data;
    bytes.remove_prefix(step.consumed);
  }
  result.rest = bytes;
  result.done = decoder.done();
  result.failed = decoder.failed();
  return result;
}

constexpr Framing kChunked{Framing::Kind::chunked, 0};

TEST(BodyDecoder, StopsAtTheLength) {
  const auto result = decode({Framing::Kind::length, 3}, "abcdef");
  EXPECT_EQ(result.data, "abc");
  EXPECT_EQ(result.rest, "def");
  EXPECT_TRUE(result.done);
}

TEST(BodyDecoder, ReadsUntilTheConnectionEnds) {
  BodyDecoder decoder({Framing::Kind::until_close, 0});
  EXPECT_EQ(decoder.step("abc").data, "abc");
  EXPECT_FALSE(decoder.done());
  EXPECT_TRUE(decoder.end_of_input());
}

TEST(BodyDecoder, AnEndBeforeTheLengthIsNotWhole) {
  BodyDecoder decoder({Framing::Kind::length, 3});
  (void)decoder.step("ab");
  EXPECT_FALSE(decoder.end_of_input());
}

TEST(BodyDecoder, ChunksInAnyPiecesGiveTheSameBody) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    std::string body, encoded;
    for (auto chunks = random() % 6; chunks > 0; --chunks) {
      const std::string chunk(1 + random() % 300, static_cast<char>('a' + random() % 26));
      body += chunk;
      encoded += chunk_head(chunk.size()) + chunk + "\r\n";
    }
    encoded += random() % 2 ? "0\r\nA: b\r\nC: d\r\n\r\n" : std::string(kLastChunk);
    const auto result = decode(kChunked, encoded + "next", &random);
    EXPECT_EQ(result.data, body);
    EXPECT_EQ(result.rest, "next");
    EXPECT_TRUE(result.done);
  }
}

TEST(BodyDecoder, ReadsChunkExtensionsThatAllReadersReadAlike) {
  for (const auto* head : {"5;a=b", "5 ;a", "5\t ; a = \"b;c\\\"\"", "5;a=\"b\""})
    EXPECT_EQ(decode(kChunked, std::string(head) + "\r\nhello\r\n0\r\n\r\n").data, "hello") << head;
  for (const auto* head : {"5 ", "5 5;a", "5 a", "5;a=\"b", "5;a=\"b\\\"", " 5;a"})
    EXPECT_TRUE(decode(kChunked, std::string(head) + "\r\nhello\r\n0\r\n\r\n").failed) << head;
}

TEST(BodyDecoder, ExtensionsDoNotOutweighTheBody) {
  const std::string chunk = "1;" + std::string(250, 'a') + "\r\nx\r\n";
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += chunk;
  EXPECT_TRUE(decode(kChunked, bytes).failed);
  std::string heavy;
  for (int i = 0; i < 100; ++i)
    heavy += "400;" + std::string(250, 'a') + "\r\n" + std::string(0x400, 'x') + "\r\n";
  EXPECT_TRUE(decode(kChunked, heavy + "0\r\n\r\n").done);
}

TEST(BodyDecoder, KeepsTrailersButNotThoseThatCameTooLate) {
  BodyDecoder decoder(kChunked);
  const std::string_view bytes =
      "0\r\nDigest: abc \r\nContent-Length: 7\r\nHost: evil\r\nSet-Cookie: a=b\r\n"
      "grpc-status: 0\r\n\r\n";
  EXPECT_EQ(decoder.step(bytes).consumed, bytes.size());
  ASSERT_TRUE(decoder.done());
  ASSERT_EQ(decoder.trailers().size(), 2u);
  EXPECT_EQ(decoder.trailers().find("digest"), "abc");
  EXPECT_EQ(decoder.trailers().find("grpc-status"), "0");
}

TEST(BodyDecoder, RefusesMalformedChunks) {
  for (const std::string bytes :
       {"x\r\n", "\r\n", "3\nabc", "3\r\nabcd\r\n", "3 \r\nabc\r\n", "1000000000000000\r\n",
        "-1\r\n", "0x3\r\nabc", "0\r\nA: b\n\r\n", "0\r\nA\x01: b\r\n\r\n", "3\r\rabc",
        "0\r\nno colon\r\n\r\n", "0\r\nspace : x\r\n\r\n", "0\r\n folded: x\r\n\r\n"}) {
    EXPECT_TRUE(decode(kChunked, bytes).failed) << bytes;
  }
  EXPECT_TRUE(decode(kChunked, "3;" + std::string(300, 'a') + "\r\nabc\r\n").failed);
  EXPECT_TRUE(decode(kChunked, "0\r\nA: " + std::string(9000, 'a') + "\r\n\r\n").failed);
}

}  // namespace
}  // namespace meridian::http
