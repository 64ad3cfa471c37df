#include "controller/identity/authority.h"

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "controller/identity/init.h"
#include "controller/test_directory.h"

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = WallClock::from_time_t(1'800'000'000);

tls::X509Ptr issued(const Authority& authority, const CertificateOrder& order) {
  const auto key = tls::make_key();
  return std::move(
      tls::parse_chain(authority.issue(tls::make_request(*key), order).value()).value().front());
}

TEST(Authority, NamesTrustDomainRoleAndNodeInTheUri) {
  const auto authority = Authority::create("prod.example", kNow).value();
  const auto leaf = issued(authority, {v1::ROLE_EDGE, "edge-par-1", 24h, kNow});
  EXPECT_EQ(tls::uri_names(*leaf),
            std::vector<std::string>{"spiffe://prod.example/edge/edge-par-1"});
  EXPECT_TRUE(tls::dns_names(*leaf).empty());
  EXPECT_EQ(tls::not_before(*leaf), kNow - 5min);
  EXPECT_EQ(tls::not_after(*leaf), kNow + 24h);
}

TEST(Authority, GivesServerNameAndServerUseToControllersOnly) {
  const auto authority = Authority::create("prod.example", kNow).value();
  const auto controller = issued(authority, {v1::ROLE_CONTROLLER, "controller", 24h, kNow});
  EXPECT_EQ(tls::dns_names(*controller),
            std::vector<std::string>{std::string(tls::kControllerServerName)});
  EXPECT_TRUE(X509_get_extended_key_usage(controller.get()) & XKU_SSL_SERVER);
  const auto edge = issued(authority, {v1::ROLE_EDGE, "e", 24h, kNow});
  EXPECT_FALSE(X509_get_extended_key_usage(edge.get()) & XKU_SSL_SERVER);
  EXPECT_TRUE(X509_get_extended_key_usage(edge.get()) & XKU_SSL_CLIENT);
}

TEST(Authority, IsACertificateAuthorityThatMayNotHaveOthersBelowIt) {
  const auto authority = Authority::create("prod.example", kNow).value();
  const auto ca = std::move(tls::parse_chain(authority.certificate_pem()).value().front());
  EXPECT_EQ(X509_check_ca(ca.get()), 1);
  EXPECT_EQ(X509_get_pathlen(ca.get()), 0);
  const auto leaf = issued(authority, {v1::ROLE_ADMIN, "root", 24h, kNow});
  EXPECT_EQ(X509_check_ca(leaf.get()), 0);
  EXPECT_EQ(X509_verify(leaf.get(), X509_get0_pubkey(ca.get())), 1);
}

TEST(Authority, NeverOutlivesItself) {
  const auto authority = Authority::create("prod.example", kNow).value();
  const auto late = kNow + kCaLife - 1h;
  EXPECT_EQ(tls::not_after(*issued(authority, {v1::ROLE_DNS, "d", 24h, late})),
            authority.expires());
  EXPECT_FALSE(authority.issue(tls::make_request(*tls::make_key()),
                               {v1::ROLE_DNS, "d", 24h, kNow + kCaLife}));
}

TEST(Authority, DrawsEachSerialAnew) {
  const auto authority = Authority::create("prod.example", kNow).value();
  const CertificateOrder order{v1::ROLE_DNS, "d", 24h, kNow};
  const auto one = issued(authority, order);
  const auto two = issued(authority, order);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(one.get()), X509_get0_serialNumber(two.get())),
            0);
}

TEST(Authority, RefusesARequestThatItsKeyDidNotSign) {
  const auto authority = Authority::create("prod.example", kNow).value();
  auto pem = tls::make_request(*tls::make_key());
  const auto middle = pem.find('\n', pem.size() / 2) - 20;  // inside the signature
  pem[middle] = pem[middle] == 'A' ? 'B' : 'A';
  const auto refused = authority.issue(pem, {v1::ROLE_EDGE, "e", 24h, kNow});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("request"), std::string::npos) << refused.error().what;
}

TEST(Authority, RefusesNamesThatCouldBendTheUri) {
  const auto authority = Authority::create("prod.example", kNow).value();
  const auto request = tls::make_request(*tls::make_key());
  for (const auto* name : {"", "a/b", "a,URI:spiffe://x", "a b", "ä", "../x"})
    EXPECT_FALSE(authority.issue(request, {v1::ROLE_EDGE, name, 24h, kNow})) << name;
  for (const auto* domain : {"", "Prod.example", "a/b", "a,URI:b"})
    EXPECT_FALSE(Authority::create(domain, kNow)) << domain;
}

TEST(Authority, ComesBackFromDiskTheSame) {
  const TestDirectory directory;
  const auto made = Authority::create("prod.example", kNow).value();
  ASSERT_TRUE(made.save(directory.path()));
  const auto loaded = Authority::load(directory.path()).value();
  EXPECT_EQ(loaded.trust_domain(), "prod.example");
  EXPECT_EQ(loaded.fingerprint(), made.fingerprint());
  const auto mode = std::filesystem::status(directory.path() / "ca-key.pem").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Initialise, MakesAControllerAndAnAdministrator) {
  const TestDirectory directory;
  ASSERT_TRUE(initialise(directory.path(), "prod.example", kNow));
  const DataDirectory data{directory.path()};
  const auto admin = tls::load_identity(data.admin()).value().value();
  EXPECT_EQ(admin.name().value().uri(), "spiffe://prod.example/admin/root");
  const auto controller = load_controller(directory.path(), kNow).value();
  EXPECT_EQ(controller.identity.name().value().uri(),
            "spiffe://prod.example/controller/controller");
  EXPECT_TRUE(std::filesystem::is_directory(data.store()));
}

TEST(Initialise, RefusesADirectoryThatIsInitialisedAlready) {
  const TestDirectory directory;
  ASSERT_TRUE(initialise(directory.path(), "prod.example", kNow));
  const auto before = Authority::load(DataDirectory{directory.path()}.ca()).value().fingerprint();
  const auto again = initialise(directory.path(), "prod.example", kNow);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().what.find("initialised already"), std::string::npos);
  EXPECT_EQ(Authority::load(DataDirectory{directory.path()}.ca()).value().fingerprint(), before);
}

TEST(CreateAdmin, MakesAnAdministratorAtAnyTimeLater) {
  const TestDirectory directory;
  ASSERT_TRUE(initialise(directory.path(), "prod.example", kNow));
  const DataDirectory data{directory.path()};
  const auto later = kNow + 400 * 24h;
  ASSERT_TRUE(create_admin(directory.path(), "alice", data.admin("alice"), later));
  const auto alice = tls::load_identity(directory.path() / "admin-alice").value().value();
  EXPECT_EQ(alice.name().value().uri(), "spiffe://prod.example/admin/alice");
  EXPECT_EQ(alice.expires().value(), later + kAdminCertificateLife);

  const auto before = tls::load_identity(data.admin()).value().value();
  ASSERT_TRUE(create_admin(directory.path(), "root", data.admin("root"), later));
  const auto root = tls::load_identity(directory.path() / "admin").value().value();
  EXPECT_EQ(root.name().value().uri(), "spiffe://prod.example/admin/root");
  EXPECT_NE(root.key_pem, before.key_pem);
  const auto mode = std::filesystem::status(data.admin() / "key.pem").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(CreateAdmin, ReplacesNobodyElsesKey) {
  const TestDirectory directory;
  ASSERT_TRUE(initialise(directory.path(), "prod.example", kNow));
  const DataDirectory data{directory.path()};
  for (const auto& taken : {data.admin(), data.identity()}) {
    const auto before = tls::load_identity(taken).value().value();
    const auto refused = create_admin(directory.path(), "alice", taken, kNow);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(),
              (taken / "key.pem").string() +
                  ": is not a key of spiffe://prod.example/admin/alice; move it away, or name "
                  "another directory with --out");
    EXPECT_EQ(tls::load_identity(taken).value().value().key_pem, before.key_pem);
  }
  EXPECT_FALSE(create_admin(directory.path(), "a/b", directory.path() / "x", kNow));
  EXPECT_FALSE(create_admin(directory.path() / "none", "alice", directory.path() / "x", kNow));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "x"));
}

TEST(LoadController, NamesTheCommandForAnUninitialisedDirectory) {
  const TestDirectory directory;
  const auto loaded = load_controller(directory.path(), kNow);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().what.find("gslbctl init --dir " + directory.path().string()),
            std::string::npos);
}

TEST(LoadController, IssuesItsCertificateAgainInTheLastTwoThirds) {
  const TestDirectory directory;
  ASSERT_TRUE(initialise(directory.path(), "prod.example", kNow));
  const auto first = load_controller(directory.path(), kNow + 29 * 24h).value().identity;
  const auto second = load_controller(directory.path(), kNow + 31 * 24h).value().identity;
  EXPECT_EQ(first.expires().value(), kNow + kControllerCertificateLife);
  EXPECT_EQ(second.expires().value(), kNow + 31 * 24h + kControllerCertificateLife);
  EXPECT_EQ(second.key_pem, first.key_pem);
  EXPECT_EQ(load_controller(directory.path(), kNow + 31 * 24h).value().identity.chain_pem,
            second.chain_pem);
}

}  // namespace
}  // namespace meridian::control
