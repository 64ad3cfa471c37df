#include "controller/gslbctl/own_certificate.h"

#include <atomic>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/tls/certificate.h"
#include "controller/identity/init.h"
#include "controller/test_directory.h"

namespace meridian::gslbctl {
namespace {

using namespace std::chrono_literals;
using std::filesystem::perms;

constexpr auto kDay = std::chrono::days(1);
const WallTime kMade = WallClock::from_time_t(1'800'000'000);  // 2027-01-15 08:00:00Z

/// An administrator whose certificate was made at kMade for 365 days, and the CA, always reachable.
class OwnCertificate : public testing::Test {
 protected:
  OwnCertificate() { EXPECT_TRUE(control::initialise(data_.root, "test.example", kMade)); }

  std::string keep_valid_at(WallTime now) {
    return keep_valid(data_.admin(), now, [this, now](const tls::Identity& old) {
      ++asked_;
      return renewed(old, now);
    });
  }
  Result<tls::Identity> renewed(const tls::Identity& old, WallTime now) const {
    const auto authority = control::Authority::load(data_.ca()).value();
    const auto key = tls::parse_key(old.key_pem).value();
    auto chain = authority.issue(tls::make_request(*key), {v1::ROLE_ADMIN, "root", 365 * 24h, now});
    if (!chain) return chain.error();
    return tls::Identity{std::move(*chain), old.key_pem, old.ca_pem};
  }
  tls::Identity held() const { return tls::load_identity(data_.admin()).value().value(); }
  WallTime expires() const { return held().expires().value(); }

  control::TestDirectory directory_;
  control::DataDirectory data_{directory_.path()};
  std::atomic<int> asked_{0};
};

TEST_F(OwnCertificate, IsRenewedAtTwoThirdsOfItsLife) {
  const auto key = held().key_pem;
  EXPECT_EQ(keep_valid_at(kMade + 243 * kDay), "");
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(keep_valid_at(kMade + 244 * kDay), "");
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(expires(), kMade + (244 + 365) * kDay);
  EXPECT_EQ(held().key_pem, key);
  EXPECT_EQ(std::filesystem::status(data_.admin() / "key.pem").permissions(),
            perms::owner_read | perms::owner_write);
  EXPECT_EQ(keep_valid_at(kMade + 245 * kDay), "");
  EXPECT_EQ(asked_, 1) << "the new one is young";
}

TEST_F(OwnCertificate, IsRenewedOnceBySeveralAtATime) {
  std::vector<std::thread> others;
  for (int i = 0; i < 8; ++i)
    others.emplace_back([this] { EXPECT_EQ(keep_valid_at(kMade + 300 * kDay), ""); });
  for (auto& other : others) other.join();
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(expires(), kMade + (300 + 365) * kDay);
}

TEST_F(OwnCertificate, IsLeftToAnotherThatRenewsIt) {
  const int another = ::open((data_.admin() / "key.pem").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(another, LOCK_EX), 0);
  EXPECT_EQ(keep_valid_at(kMade + 350 * kDay), "");
  EXPECT_EQ(asked_, 0);
  ::close(another);
  EXPECT_EQ(keep_valid_at(kMade + 350 * kDay), "");
  EXPECT_EQ(asked_, 1);
}

TEST_F(OwnCertificate, StaysWhereTheControllerRefuses) {
  const auto before = held().chain_pem;
  const auto refuse = [](const tls::Identity&) -> Result<tls::Identity> { return Error("not so"); };
  EXPECT_EQ(keep_valid(data_.admin(), kMade + 244 * kDay, refuse),
            "your certificate expires on 2028-01-15 08:00:00Z and could not be renewed: not so");
  EXPECT_EQ(held().chain_pem, before);
}

TEST_F(OwnCertificate, IsWarnedOfInTheLastThirtyDaysWhereItCannotBeWritten) {
  std::filesystem::permissions(directory_.path(), perms(0711));
  std::filesystem::permissions(data_.admin() / "key.pem", perms(0644));
  std::filesystem::permissions(data_.admin(), perms(0555));
  const bool root = ::geteuid() == 0;
  // root may write everywhere.
  EXPECT_EQ(root ? ::seteuid(65534) : 0, 0);
  const auto early = keep_valid_at(kMade + 334 * kDay);
  const auto late = keep_valid_at(kMade + 336 * kDay);
  EXPECT_EQ(root ? ::seteuid(0) : 0, 0);
  std::filesystem::permissions(data_.admin(), perms::owner_all);
  EXPECT_EQ(early, "");
  EXPECT_EQ(late, "your certificate expires on 2028-01-15 08:00:00Z and cannot be renewed: " +
                      data_.admin().string() + ": Permission denied");
  EXPECT_EQ(asked_, 0) << "what cannot be kept is not asked for";
}

TEST_F(OwnCertificate, ThatIsMissingOrDamagedIsNotLookedAt) {
  EXPECT_EQ(keep_valid(data_.root / "nowhere", kMade + 350 * kDay, nullptr), "");
  std::filesystem::resize_file(data_.admin() / "chain.pem", 100);
  EXPECT_EQ(keep_valid(data_.admin(), kMade + 350 * kDay, nullptr), "");
}

TEST_F(OwnCertificate, SaysHowLongItLasts) {
  const std::string text = "admin/root, certificate expires 2028-01-15 08:00:00Z";
  EXPECT_EQ(own_text(held(), kMade + 335 * kDay, false), text);
  EXPECT_EQ(own_text(held(), kMade + 335 * kDay + 1s, false), text + ", only 29 days left");
  EXPECT_EQ(own_text(held(), kMade + 364 * kDay, false), text + ", only 1 day left");
  EXPECT_EQ(own_text(held(), kMade + 365 * kDay - 1s, false), text + ", less than a day left");
}

TEST_F(OwnCertificate, ThatHasExpiredNamesTheCommandThatMakesAnother) {
  EXPECT_EQ(create_again(data_.admin().string() + "/", held()),
            "this makes another one:\n  gslbctl admin create root --dir " + data_.root.string());
  EXPECT_EQ(create_again(data_.root / "mine", held()),
            "this makes another one:\n  gslbctl admin create root --dir " + data_.root.string() +
                " --out " + (data_.root / "mine").string());
  EXPECT_EQ(create_again("/home/a/meridian", held()),
            "on the controller's machine this makes another one, where DIR is the controller's "
            "data directory:\n"
            "  gslbctl admin create root --dir DIR --out OUT\n"
            "Then put what is in OUT into /home/a/meridian");
}

}  // namespace
}  // namespace meridian::gslbctl
