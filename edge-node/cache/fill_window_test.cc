// Of bodies that nobody keeps: what they hold for slow readers, and who waits for whom.
#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "edge-node/cache/fill.h"
#include "edge-node/cache/patience.h"

namespace meridian::edge {
namespace {

using namespace std::chrono_literals;
using Verdict = Patience::Verdict;

constexpr std::size_t kPiece = Fill::kPieceBytes;

struct Heard final : FillListener {
  void on_progress() override { ++times; }
  int times = 0;
};

/// No two stretches of it are the same.
const std::string& noise() {
  static const std::string noise = [] {
    std::mt19937 random(1);
    std::string bytes((4 << 20) + 3, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }();
  return noise;
}

/// A fill, its writer, and the memory that what it holds may be charged to.
class Written {
 public:
  explicit Written(std::size_t memory = 0) : budget_(memory) {
    fill->set_writer(&writer);
    fill->start(std::make_shared<StoredHead>(), std::nullopt);
  }
  /// The body goes on by what tells its place.
  void append(std::size_t bytes = kPiece, bool charged = false) {
    auto chunk = std::make_shared<Chunk>();
    chunk->bytes = noise().substr(body.size() % (noise().size() - (1 << 20)), bytes);
    if (charged && budget_.try_take(bytes)) chunk->charge = Charge(budget_, bytes);
    body += chunk->bytes;
    fill->append(std::move(chunk));
  }
  /// As intake does. False: there is no room.
  bool append_where_there_is_room(std::size_t bytes = kPiece, bool charged = false) {
    const auto window = fill->window();
    if (window.has_room) append(bytes, charged || window.is_large);
    return window.has_room;
  }
  std::size_t fill_up() {
    std::size_t pieces = 0;
    while (append_where_there_is_room()) ++pieces;
    return pieces;
  }
  std::size_t charged() const { return budget_.used(); }
  std::size_t uncharged() const {
    std::size_t bytes = 0;
    for (const auto& chunk : fill->chunks())
      if (chunk->charge.bytes() == 0) bytes += chunk->bytes.size();
    return bytes;
  }
  std::size_t held() const {
    std::size_t bytes = 0;
    for (const auto& chunk : fill->chunks()) bytes += chunk->bytes.size();
    return bytes;
  }

  Budget budget_;
  Heard writer, heard;
  FillPtr fill = std::make_shared<Fill>(Fill::Purpose());
  std::string body;
};

/// Takes all there is. Where it has come to.
Fill::State drain(Fill::Reader& reader, std::string* body = nullptr) {
  for (;;) {
    const auto next = reader.next();
    if (!next.chunk) return next.state;
    if (body) *body += next.chunk->bytes;
  }
}

TEST(FillWindow, IsAsLargeAsItsReadersAreMany) {
  for (const std::size_t count : {1u, 2u, 10u, 100u}) {
    Written written(8 << 20);
    written.fill->stop_keeping();
    std::vector<std::unique_ptr<Fill::Reader>> readers;
    for (std::size_t i = 0; i < count; ++i)
      readers.push_back(std::make_unique<Fill::Reader>(written.fill, written.heard));
    EXPECT_EQ(written.fill_up(), std::min(count + 1, Fill::kWindowBytes / kPiece));
    EXPECT_EQ(written.charged(), 0u);
    readers.front()->next();
    EXPECT_EQ(written.append_where_there_is_room(), count == 1);
  }
}

TEST(FillWindow, GrowsForWhoWaitsForOthersAndIsChargedForIt) {
  Written written(8 << 20);
  written.fill->stop_keeping();
  Fill::Reader fast(written.fill, written.heard);
  const Fill::Reader slow(written.fill, written.heard);
  written.fill_up();
  EXPECT_FALSE(written.fill->window().is_awaited);
  int rounds = 0;
  for (; !written.fill->window().has_room && rounds < 100; ++rounds) {
    written.writer.times = 0;
    drain(fast);
    EXPECT_GT(written.writer.times, 0) << "the writer does not hear of it";
    EXPECT_TRUE(written.fill->window().is_awaited);
    written.fill_up();
    if (written.held() >= Fill::kWindowBytes) break;
  }
  EXPECT_LT(rounds, 100);
  EXPECT_LE(written.held(), Fill::kWindowBytes);
  EXPECT_GE(written.charged() + 4 * kPiece, written.held());
}

TEST(FillWindow, DoesNotGrowWhereTheCacheHasNoRoomForIt) {
  Written written;
  written.fill->stop_keeping();
  Fill::Reader fast(written.fill, written.heard);
  const Fill::Reader slow(written.fill, written.heard);
  for (int i = 0; i < 100; ++i) {
    written.fill_up();
    drain(fast);
  }
  EXPECT_LE(written.held(), 5 * kPiece);
}

TEST(FillWindow, OfWhatWasKeptHalfIsReplacedAsItIsRead) {
  constexpr std::size_t kKept = 8 << 20;
  Written written(kKept);
  Fill::Reader slow(written.fill, written.heard);
  while (written.body.size() < kKept) written.append(kPiece, true);
  written.fill->stop_keeping();
  written.append(kPiece, written.fill->window().is_large);
  std::size_t came = 0, most = 0;
  std::string read;
  for (std::size_t taken = 0; taken < 2 * kKept; taken += kPiece) {
    const auto next = slow.next();
    if (!next.chunk) break;
    read += next.chunk->bytes;
    const auto pieces = written.fill_up();
    EXPECT_LE(pieces, 1u);
    if (taken < kKept) came += pieces * kPiece;
    most = std::max(most, written.held());
  }
  EXPECT_GE(came, kKept / 2 - 2 * kPiece) << "an origin would have waited for all to be read";
  EXPECT_LE(most, kKept + kPiece);
  EXPECT_LE(written.held(), 2 * kPiece) << "it shrinks to what it would have been";
  EXPECT_EQ(written.charged(), 0u);
  drain(slow, &read);
  EXPECT_TRUE(read == written.body);
}

TEST(FillWindow, PartsWithTheSlowestOnly) {
  Written written;
  written.fill->stop_keeping();
  Fill::Reader fast(written.fill, written.heard), middle(written.fill, written.heard);
  auto slow = std::make_unique<Fill::Reader>(written.fill, written.heard);
  Fill::Reader slower(written.fill, written.heard);
  std::string all, most;
  for (int i = 0; i < 4; ++i) written.append();
  (void)slow->next();
  for (int i = 0; i < 3; ++i) most += middle.next().chunk->bytes;
  written.fill->part_with_slowest();
  EXPECT_EQ(slower.state(), Fill::State::streaming) << "nobody waits for it";
  drain(fast, &all);
  written.writer.times = 0;
  written.fill->part_with_slowest();
  EXPECT_GT(written.writer.times, 0);
  EXPECT_TRUE(written.fill->window().has_room);
  for (auto* parted : {slow.get(), &slower}) {
    EXPECT_EQ(parted->state(), Fill::State::parted);
    const auto next = parted->next();
    EXPECT_EQ(next.state, Fill::State::parted);
    EXPECT_FALSE(next.chunk) << "with a gap in front";
  }
  slow.reset();
  EXPECT_EQ(written.fill->readers(), 2u);
  written.append();
  written.fill->end(Fill::State::done);
  EXPECT_EQ(drain(fast, &all), Fill::State::done);
  EXPECT_EQ(drain(middle, &most), Fill::State::done);
  EXPECT_TRUE(all == written.body);
  EXPECT_TRUE(most == written.body);
  EXPECT_EQ(written.held(), 0u);
}

TEST(FillWindow, PartsWithNobodyWhileTheBodyIsKeptOrAllAreLevel) {
  Written written;
  Fill::Reader fast(written.fill, written.heard), slow(written.fill, written.heard);
  written.append();
  drain(fast);
  written.fill->part_with_slowest();
  EXPECT_EQ(slow.state(), Fill::State::streaming) << "the body is kept, nobody waits";
  written.fill->stop_keeping();
  drain(slow);
  written.fill->part_with_slowest();
  EXPECT_EQ(slow.state(), Fill::State::streaming);
  EXPECT_EQ(fast.state(), Fill::State::streaming);
}

// Readers and the writer in any order, the memory with room or without: who is not parted with gets
// the very body, who is gets a beginning of it, and what is held is bounded.
TEST(FillWindow, GivesEachReaderTheBodyUnderRandomInterleavings) {
  std::map<Fill::State, int> ends;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Written written(seed % 3 == 0 ? 0 : 32 << 20);
    struct Visitor {
      std::unique_ptr<Fill::Reader> reader;
      unsigned pace;
      std::size_t taken = 0;
    };
    std::vector<Visitor> visitors;
    bool keeps = true;
    std::size_t backlog = 0, most_readers = 0;
    const auto step = [&](std::size_t i) {
      Visitor& visitor = visitors[i];
      const auto next = visitor.reader->next();
      if (next.chunk) {
        const auto& bytes = next.chunk->bytes;
        ASSERT_EQ(written.body.compare(visitor.taken, bytes.size(), bytes), 0);
        visitor.taken += bytes.size();
        return;
      }
      if (next.state == Fill::State::streaming) return;
      if (next.state == Fill::State::done) {
        ASSERT_EQ(visitor.taken, written.body.size());
      } else if (next.state == Fill::State::not_shared) {
        ASSERT_EQ(visitor.taken, 0u);
      }
      ++ends[next.state];
      visitors.erase(visitors.begin() + static_cast<std::ptrdiff_t>(i));
    };
    for (int turn = 0; turn < 600 && !HasFatalFailure(); ++turn) {
      const auto choice = random() % 40;
      if (choice == 0) {
        visitors.push_back({std::make_unique<Fill::Reader>(written.fill, written.heard),
                            static_cast<unsigned>(random() % 4)});
      } else if (choice == 1 && !visitors.empty() && random() % 4 == 0) {
        visitors.erase(visitors.begin() + static_cast<std::ptrdiff_t>(random() % visitors.size()));
      } else if (choice == 2 && turn > 60 && std::exchange(keeps, false)) {
        written.fill->stop_keeping();
        backlog = written.held();
      } else if (choice < 16) {
        (void)written.append_where_there_is_room(1 + random() % (random() % 4 ? kPiece : 40),
                                                 keeps);
      } else if (choice < 18) {
        written.fill->part_with_slowest();
      } else if (!visitors.empty()) {
        const auto i = random() % visitors.size();
        if (random() % 4 <= visitors[i].pace) step(i);
      }
      const auto readers = written.fill->readers();
      most_readers = std::max(most_readers, readers);
      if (keeps) continue;
      ASSERT_LE(written.held(), std::max(Fill::kWindowBytes, backlog) + kPiece);
      if (readers == 0) {
        ASSERT_EQ(written.held(), 0u);
      }
      if (seed % 3 != 0) {
        ASSERT_LE(written.uncharged(), (most_readers + 2) * kPiece);
      }
    }
    written.fill->end(Fill::State::done);
    while (!visitors.empty() && !HasFatalFailure()) step(visitors.size() - 1);
    if (HasFatalFailure()) return;
  }
  for (const auto end : {Fill::State::done, Fill::State::parted, Fill::State::not_shared})
    EXPECT_GT(ends[end], 50);
}

Fill::Window full(std::uint64_t passed, bool is_awaited) {
  return {.has_room = false,
          .has_readers = true,
          .is_large = true,
          .is_awaited = is_awaited,
          .passed = passed};
}

constexpr Instant kStart{24h};

TEST(FillPatience, LastsAsLongAsTheSlowestMoves) {
  Patience patience;
  Instant now = kStart;
  patience.begin(now);
  for (std::uint64_t passed = 0; passed < 100; ++passed) {
    EXPECT_EQ(patience.judge(full(passed, false), now), Verdict::wait);
    EXPECT_EQ(patience.deadline(), now + Patience::kStill);
    now += Patience::kStill - 1s;
  }
  EXPECT_EQ(patience.judge(full(99, false), now), Verdict::wait);
  EXPECT_EQ(patience.judge(full(99, false), now + 1s), Verdict::give_up);
}

TEST(FillPatience, EndsWithWhoHoldsUpOthers) {
  Patience patience;
  patience.begin(kStart);
  EXPECT_EQ(patience.judge(full(0, true), kStart), Verdict::wait);
  EXPECT_EQ(patience.deadline(), kStart + Patience::kHeldUp);
  EXPECT_EQ(patience.judge(full(1, true), kStart + 4s), Verdict::wait);
  EXPECT_EQ(patience.deadline(), kStart + Patience::kHeldUp)
      << "a byte now and then is no progress";
  EXPECT_EQ(patience.judge(full(1, true), kStart + 5s), Verdict::part);
  EXPECT_EQ(patience.judge(full(1, true), kStart + 5s), Verdict::wait);
  EXPECT_EQ(patience.deadline(), kStart + 10s);
}

TEST(FillPatience, EndsAlsoWithWhoLetsTheWriterGoOnNowAndThen) {
  Patience patience;
  Instant now = kStart;
  auto verdict = Verdict::wait;
  int waits = 0;
  for (std::uint64_t passed = 0; verdict == Verdict::wait && waits < 100; ++waits) {
    patience.begin(now);
    EXPECT_EQ(patience.judge(full(passed, false), now), Verdict::wait);
    verdict = patience.judge(full(passed, true), now);
    now += 500ms;
    passed += kPiece;
    if (verdict != Verdict::wait) break;
    auto moved = full(passed, true);
    moved.has_room = true;
    EXPECT_EQ(patience.judge(moved, now), Verdict::wait);
    now += 1h;  // the origin has nothing for so long: that is nobody's fault
  }
  EXPECT_EQ(verdict, Verdict::part);
  EXPECT_EQ(waits, 10);
}

TEST(FillPatience, LastsForWhoIsNotMuchSlowerOrHoldsUpNobody) {
  Patience patience;
  Instant now = kStart;
  std::uint64_t passed = 0;
  for (int i = 0; i < 1000; ++i) {  // what the largest window holds, in less than 5 s
    patience.begin(now);
    ASSERT_EQ(patience.judge(full(passed, true), now), Verdict::wait);
    now += 150ms;
    passed += kPiece;
    ASSERT_EQ(patience.judge(full(passed, true), now), Verdict::wait);
  }
  for (int i = 0; i < 100; ++i) {  // as little as may be, but nobody waits for more
    patience.begin(now);
    ASSERT_EQ(patience.judge(full(passed, false), now), Verdict::wait);
    now += 60s;
    ASSERT_EQ(patience.judge(full(++passed, false), now), Verdict::wait);
  }
}

}  // namespace
}  // namespace meridian::edge
