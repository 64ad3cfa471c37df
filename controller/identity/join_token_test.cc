#include "controller/identity/join_token.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = WallClock::from_time_t(1'800'000'000);

struct Pair {
  tls::JoinToken token = make_join_token({}).value();
  StoredToken stored{token.id, secret_hash(token), v1::ROLE_EDGE, "par", "", kNow + 1h, 1, false};
};

TEST(JoinToken, IsReadAsItWasPrinted) {
  const auto token = make_join_token(sha256("ca")).value();
  const auto read = tls::parse_join_token(token.text()).value();
  EXPECT_EQ(read.id, token.id);
  EXPECT_EQ(read.secret, token.secret);
  EXPECT_EQ(read.ca_fingerprint, to_hex(sha256("ca")));
}

TEST(JoinToken, AdmitsWhomItIsFor) {
  const Pair pair;
  EXPECT_EQ(refusal(pair.stored, pair.token, {v1::ROLE_EDGE, "e1"}, kNow), std::nullopt);
}

TEST(JoinToken, TellsWhoKnowsTheSecretWhyItIsRefused) {
  const Pair pair;
  struct Case {
    const char* name;
    StoredToken stored;
    TokenRefusal expected;
  };
  std::vector<Case> cases;
  const auto add = [&](const char* name, auto change, TokenRefusal expected) {
    auto stored = pair.stored;
    change(stored);
    cases.push_back({name, stored, expected});
  };
  add(
      "expired", [](auto& s) { s.expires = kNow; }, TokenRefusal::expired);
  add(
      "revoked", [](auto& s) { s.revoked = true; }, TokenRefusal::revoked);
  add(
      "used up", [](auto& s) { s.uses_left = 0; }, TokenRefusal::used_up);
  add(
      "role", [](auto& s) { s.role = v1::ROLE_DNS; }, TokenRefusal::role);
  add(
      "node", [](auto& s) { s.node = "e2"; }, TokenRefusal::node);
  for (const auto& c : cases)
    EXPECT_EQ(refusal(c.stored, pair.token, {v1::ROLE_EDGE, "e1"}, kNow), c.expected) << c.name;
}

TEST(JoinToken, TellsNothingToWhoDoesNotKnowTheSecret) {
  Pair pair;
  pair.stored.revoked = true;
  auto guessed = pair.token;
  guessed.secret = make_join_token({}).value().secret;
  EXPECT_EQ(refusal(pair.stored, guessed, {v1::ROLE_EDGE, "e1"}, kNow), TokenRefusal::unknown);
  EXPECT_EQ(refusal(std::nullopt, guessed, {v1::ROLE_EDGE, "e1"}, kNow), TokenRefusal::unknown);
}

}  // namespace
}  // namespace meridian::control
