#include "edge-node/cache/fill.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

struct Heard final : FillListener {
  void on_progress() override { ++times; }
  int times = 0;
};

ChunkPtr chunk(std::string bytes) {
  auto made = std::make_shared<Chunk>();
  made->bytes = std::move(bytes);
  return made;
}

FillPtr make_fill() { return std::make_shared<Fill>(Fill::Purpose()); }

TEST(Fill, EachReaderGetsAllOfTheBodyAsItComes) {
  const auto fill = make_fill();
  Heard heard;
  Fill::Reader early(fill, heard);
  EXPECT_EQ(early.next().state, Fill::State::waiting);
  fill->start(std::make_shared<StoredHead>(), 4);
  fill->append(chunk("ab"));
  EXPECT_EQ(heard.times, 2);
  Fill::Reader late(fill, heard);
  EXPECT_EQ(late.next().chunk->bytes, "ab");
  fill->append(chunk("cd"));
  fill->end(Fill::State::done);
  EXPECT_EQ(early.next().chunk->bytes, "ab");
  EXPECT_EQ(early.next().chunk->bytes, "cd");
  EXPECT_FALSE(early.next().chunk);
  EXPECT_EQ(early.next().state, Fill::State::done);
  EXPECT_EQ(late.next().chunk->bytes, "cd");
  EXPECT_EQ(fill->chunks().size(), 2u);
}

TEST(Fill, AWindowWaitsForItsSlowestReader) {
  const auto fill = make_fill();
  Heard heard, writer;
  fill->set_writer(&writer);
  Fill::Reader fast(fill, heard);
  auto slow = std::make_unique<Fill::Reader>(fill, heard);
  fill->start(std::make_shared<StoredHead>(), std::nullopt);
  fill->append(chunk(std::string(600'000, 'x')));
  EXPECT_TRUE(fill->window().has_room);
  fill->stop_keeping();
  fill->append(chunk(std::string(600'000, 'y')));
  EXPECT_FALSE(fill->window().has_room);
  (void)fast.next();
  (void)fast.next();
  EXPECT_FALSE(fill->window().has_room);
  (void)slow->next();
  writer.times = 0;
  (void)slow->next();
  EXPECT_TRUE(fill->window().has_room);
  EXPECT_EQ(fill->window().passed, 1'200'000u);
  EXPECT_GT(writer.times, 0);
  slow.reset();
  EXPECT_EQ(fill->chunks().size(), 0u);
  EXPECT_TRUE(fill->window().has_readers);
  const Fill::Reader late(fill, heard);  // never gets half a body
  EXPECT_EQ(late.state(), Fill::State::not_shared);
}

}  // namespace
}  // namespace meridian::edge
