#include "edge-node/encode/encoder.h"

#include <random>

#include <gtest/gtest.h>

#include "edge-node/encode/test_decode.h"

namespace meridian::edge {
namespace {

constexpr Coding kAll[] = {Coding::gzip, Coding::br, Coding::zstd};
constexpr Effort kEfforts[] = {Effort::passing, Effort::kept};

/// Words that repeat, as pages do.
std::string text(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string result;
  while (result.size() < bytes) result += "<li class=item>" + std::to_string(random() % 1000);
  result.resize(bytes);
  return result;
}

TEST(Encoder, MakesWhatDecodersReadHoweverItIsCut) {
  for (const Coding coding : kAll)
    for (const Effort effort : kEfforts)
      for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
        SCOPED_TRACE(coding_name(coding));
        const auto body = text(piece == 1 ? 5'000 : 500'000, piece);
        const auto encoder = make_encoder(coding, effort);
        ASSERT_TRUE(encoder);
        std::string out;
        for (std::size_t at = 0; at < body.size(); at += piece)
          ASSERT_TRUE(encoder->write(std::string_view(body).substr(at, piece), out));
        ASSERT_TRUE(encoder->finish(out));
        EXPECT_LT(out.size(), body.size() / 2);
        ASSERT_EQ(testing::decode(coding, out), body);
      }
}

TEST(Encoder, LetsAVisitorReadWhatWasFlushed) {
  for (const Coding coding : kAll) {
    SCOPED_TRACE(coding_name(coding));
    const auto encoder = make_encoder(coding, Effort::passing);
    std::string out, sent;
    for (int event = 0; event < 5; ++event) {
      const auto piece = "data: " + std::to_string(event) + "\n\n";
      sent += piece;
      ASSERT_TRUE(encoder->write(piece, out));
      ASSERT_TRUE(encoder->flush(out));
      EXPECT_EQ(testing::decode(coding, out), sent);
    }
  }
}

TEST(Encoder, EndsAnEmptyBody) {
  for (const Coding coding : kAll) {
    std::string out;
    ASSERT_TRUE(make_encoder(coding, Effort::kept)->finish(out));
    EXPECT_FALSE(out.empty());
    EXPECT_EQ(testing::decode(coding, out), "");
  }
}

TEST(Encoder, GrowsRandomBytesByLittle) {
  std::mt19937_64 random(7);
  std::string body(200'000, '\0');
  for (char& c : body) c = static_cast<char>(random());
  for (const Coding coding : kAll) {
    std::string out;
    const auto encoder = make_encoder(coding, Effort::passing);
    ASSERT_TRUE(encoder->write(body, out));
    ASSERT_TRUE(encoder->finish(out));
    EXPECT_LT(out.size(), body.size() + body.size() / 100);
    EXPECT_EQ(testing::decode(coding, out), body);
  }
}

TEST(Encoder, HasNothingToDoForIdentity) {
  EXPECT_FALSE(make_encoder(Coding::identity, Effort::kept));
}

}  // namespace
}  // namespace meridian::edge
