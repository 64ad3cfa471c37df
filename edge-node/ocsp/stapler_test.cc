#include "edge-node/ocsp/stapler.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "common/tls/ocsp.h"
#include "edge-node/compile/compile_tls.h"
#include "edge-node/ocsp/responder.h"
#include "edge-node/testing/issuer.h"
#include "edge-node/testing/origin.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::eventually;
using testing::Issuer;
using testing::Origin;
using Verdict = Issuer::Verdict;

constexpr std::chrono::seconds kPatience{10};
/// An empty sequence of ASN.1.
const std::string kNonsense("\x30\x00", 2);

/// An authority whose responder says what the test wants.
class OcspResponder {
 public:
  OcspResponder()
      : origin([this](const Origin::Request&) {
          const std::lock_guard lock(mutex_);
          return Origin::Reply{
              .bytes = testing::reply(200, "Content-Type: application/ocsp-response\r\n", says_),
              .gated = false,
              .after_gate = {},
              .close = true};
        }),
        certificate(issuer.issue({"www.shop.example"},
                                 "http://127.0.0.1:" + std::to_string(origin.port()) + "/ocsp")) {}
  void say(std::string der) {
    const std::lock_guard lock(mutex_);
    says_ = std::move(der);
  }
  Result<OcspAnswer> ask(std::chrono::seconds patience = kPatience) const {
    return ask_responder(certificate.chain_pem, patience);
  }

 private:
  std::mutex mutex_;
  std::string says_;

 public:
  Issuer issuer;
  Origin origin;
  testing::TestCertificate certificate;
};

std::string failure(const Result<OcspAnswer>& result) {
  return result ? "none" : result.error().text();
}

TEST(Ocsp, AGoodAnswerIsAProof) {
  OcspResponder responder;
  const auto der = responder.issuer.answer(responder.certificate.chain_pem, Verdict::good);
  responder.say(der);
  const auto answer = responder.ask();
  ASSERT_TRUE(answer) << failure(answer);
  EXPECT_EQ(answer->der, der);
  EXPECT_GT(answer->until, WallClock::now() + minutes(50));
  const auto chain = tls::parse_chain(responder.certificate.chain_pem);
  EXPECT_EQ(tls::ocsp_problem(der, *chain->front()), std::nullopt);
  EXPECT_EQ(tls::ocsp_problem(der, *chain->back()), "is about another certificate");
}

TEST(Ocsp, WhatIsNoProofIsRefused) {
  OcspResponder responder;
  responder.say(responder.issuer.answer(responder.certificate.chain_pem, Verdict::revoked));
  EXPECT_EQ(failure(responder.ask()), "the certificate is revoked");
  const Issuer other;
  responder.say(other.answer(responder.certificate.chain_pem, Verdict::good));
  EXPECT_TRUE(failure(responder.ask()).starts_with("the answer is not signed by"));
  responder.say(kNonsense);
  EXPECT_NE(failure(responder.ask()), "none");
  responder.origin.stop();
  EXPECT_TRUE(failure(responder.ask(std::chrono::seconds(1)))
                  .starts_with("no answer from 'http://127.0.0.1:"));
}

TEST(Ocsp, WhatItTakesToAskIsInTheChain) {
  const auto alone = testing::make_test_certificate({"www.shop.example"});
  EXPECT_EQ(failure(ask_responder(alone.chain_pem, kPatience)),
            "the chain does not hold the certificate's issuer");
  EXPECT_EQ(failure(ask_responder(alone.chain_pem + alone.chain_pem, kPatience)),
            "the certificate names no OCSP responder");
}

TEST(Stapler, StaplesWhatItsRespondersSay) {
  OcspResponder responder;
  const auto der = responder.issuer.answer(responder.certificate.chain_pem, Verdict::good);
  responder.say(der);
  const auto staple = std::make_shared<Staple>();
  Stapler stapler;
  stapler.watch({{"shop", responder.certificate.chain_pem, staple}});
  EXPECT_TRUE(eventually([&] { return staple->response(WallClock::now()) != nullptr; }));
  EXPECT_EQ(*staple->response(WallClock::now()), der);
  EXPECT_EQ(stapler.fetches().value(), 1U);
  EXPECT_EQ(stapler.failures().value(), 0U);
}

TEST(Stapler, AResponderThatFailsLeavesACertificateWithoutProof) {
  OcspResponder responder;
  responder.say(kNonsense);
  const auto staple = std::make_shared<Staple>();
  Stapler stapler;
  stapler.watch({{"shop", responder.certificate.chain_pem, staple}});
  EXPECT_TRUE(eventually([&] { return stapler.failures().value() == 1; }));
  EXPECT_EQ(staple->response(WallClock::now()), nullptr);
}

TEST(Stapler, AProofOutlivesTheProcess) {
  std::string name = (std::filesystem::temp_directory_path() / "ocsp-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const auto directory = std::filesystem::path(name) / "ocsp";
  OcspResponder responder;
  const auto der = responder.issuer.answer(responder.certificate.chain_pem, Verdict::good);
  responder.say(der);
  const auto staple = std::make_shared<Staple>();
  const auto has_proof = [&] { return staple->response(WallClock::now()) != nullptr; };
  {
    Stapler stapler(directory);
    stapler.watch({{"shop", responder.certificate.chain_pem, staple}});
    EXPECT_TRUE(eventually(has_proof));
  }
  staple->use(nullptr, {});
  responder.origin.stop();
  Stapler successor(directory);
  successor.watch({{"shop", responder.certificate.chain_pem, staple}});
  EXPECT_TRUE(eventually(has_proof));
  EXPECT_EQ(successor.fetches().value(), 0U);
  successor.watch({});
  EXPECT_TRUE(eventually([&] { return std::filesystem::is_empty(directory); }));
  std::filesystem::remove_all(name);
}

TEST(Stapler, WhatIsServedNoMoreIsNotAskedFor) {
  const Issuer issuer;
  const auto made = issuer.issue({"www.shop.example"}, "http://127.0.0.1:9/");
  v1::Certificate certificate;
  certificate.set_chain_pem(made.chain_pem);
  certificate.set_private_key_pem(made.key_pem);
  certificate.set_ocsp_fetch(true);
  v1::Site site;
  site.set_certificate("shop");
  TlsContexts contexts;
  contexts.begin_snapshot();
  const auto context = contexts.make(site, {{"shop", &certificate}});
  ASSERT_TRUE(context);
  const auto watched = contexts.stapled();  // whoever fetches keeps what he was given
  EXPECT_EQ(watched.size(), 1U);
  contexts.begin_snapshot();
  EXPECT_TRUE(contexts.stapled().empty());
  EXPECT_EQ(*contexts.make(site, {{"shop", &certificate}}), *context);
  EXPECT_EQ(contexts.stapled().size(), 1U);
}

TEST(Stapler, AsksAgainInTime) {
  const auto now = WallClock::now();
  EXPECT_EQ(renewal_after(now, now + hours(4)), hours(2));
  EXPECT_EQ(renewal_after(now, now + hours(24 * 7)), hours(12));
  EXPECT_EQ(renewal_after(now, now - hours(1)), minutes(1));
  EXPECT_EQ(retry_after(1), minutes(1));
  EXPECT_EQ(retry_after(3), minutes(4));
  EXPECT_EQ(retry_after(100), hours(1));
}

}  // namespace
}  // namespace meridian::edge
