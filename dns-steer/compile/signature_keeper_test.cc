#include "dns-steer/compile/signature_keeper.h"

#include <string>

#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using testing::kTestTime;

constexpr std::uint32_t kDay = 86'400;

/// Two signed zones, whose keys stay the same from revision to revision, and the steered names of
/// a site in one of them.
class SignedRevisions : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> revision(const std::string& text_of_a) {
    const auto yaml = std::string(testing::kShop) + R"(
---
kind: Zone
name: a.test
spec:
  sign: true
  serial: 5
  nameservers: [ns]
  records:
    - {name: text, type: TXT, data: [")" +
                      text_of_a + R"("]}
    - {name: other, type: A, data: [192.0.2.7]}
---
kind: Zone
name: b.test
spec: {sign: true, serial: 5, nameservers: [ns]}
---
kind: Site
name: signed
spec: {hostnames: [www.a.test]}
)";
    return testing::serving_from(yaml)->snapshot;
  }

  SignedRevision sign(std::shared_ptr<const Snapshot> snapshot, const SignedRevision& before,
                      std::uint32_t now, int most = 1'000'000) {
    made_ = 0;
    return sign_revision(std::move(snapshot), before, now, [&] { return made_++ < most; });
  }

  static std::size_t count(const SignedRevision& revision) {
    std::size_t sum = 0;
    for (const auto& zone : revision.signatures->zones) sum += zone ? zone->count() : 0;
    return sum;
  }

  int made_ = 0;  // that there was to make
};

TEST_F(SignedRevisions, SignOnlyWhatDiffers) {
  const auto first = sign(revision("one"), {}, kTestTime);
  EXPECT_EQ(static_cast<std::size_t>(made_), count(first));
  const auto second = sign(revision("two"), first, kTestTime);
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(count(second), count(first));
}

TEST_F(SignedRevisions, ShareWhatIsTheSame) {
  const auto snapshot = revision("one");
  const auto first = sign(snapshot, {}, kTestTime);
  const auto again = sign(std::make_shared<Snapshot>(*snapshot), first, kTestTime + 60);
  EXPECT_EQ(made_, 0);
  EXPECT_NE(again.signatures, first.signatures);
  EXPECT_EQ(again.signatures->zones, first.signatures->zones);
  EXPECT_EQ(sign(snapshot, first, kTestTime + 60).signatures, first.signatures);
}

TEST_F(SignedRevisions, RenewLongBeforeTheyExpire) {
  const auto snapshot = revision("one");
  const auto first = sign(snapshot, {}, kTestTime);
  EXPECT_FALSE(has_work(first, kTestTime + 5 * kDay));
  ASSERT_TRUE(has_work(first, kTestTime + 7 * kDay));
  const auto renewed = sign(snapshot, first, kTestTime + 7 * kDay);
  EXPECT_EQ(static_cast<std::size_t>(made_), count(first));
  EXPECT_FALSE(has_work(renewed, kTestTime + 12 * kDay));
  // Not all at the same moment.
  const auto part = sign(snapshot, first, kTestTime + 6 * kDay + kDay / 8);
  EXPECT_GT(made_, 0);
  EXPECT_LT(static_cast<std::size_t>(made_), count(part));
}

TEST_F(SignedRevisions, KeepWhatIsStillValidWhereThereIsNoTime) {
  const auto snapshot = revision("one");
  const auto first = sign(snapshot, {}, kTestTime);
  const auto kept = sign(snapshot, first, kTestTime + 10 * kDay, 0);
  EXPECT_EQ(count(kept), count(first));
  const auto expired = sign(snapshot, first, kTestTime + 15 * kDay, 0);
  EXPECT_EQ(count(expired), 0u);
}

TEST_F(SignedRevisions, AreCompletedTurnByTurn) {
  const auto snapshot = revision("one");
  const auto whole = count(sign(snapshot, {}, kTestTime));
  auto now = sign(snapshot, {}, kTestTime, 5);
  EXPECT_EQ(count(now), 5u);
  EXPECT_TRUE(has_work(now, kTestTime));
  for (int turn = 0; turn < 100 && has_work(now, kTestTime); ++turn)
    now = sign(snapshot, now, kTestTime, 5);
  EXPECT_EQ(count(now), whole);
}

}  // namespace
}  // namespace meridian::dns
