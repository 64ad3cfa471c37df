#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "common/config/documents.h"
#include "controller/gslbctl/test_operator.h"

// What operators are told of certificates and rules that are accepted and yet not right.
namespace meridian::gslbctl {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A document of the Certificate web.
std::string certificate_document(const control::TestValidity& validity) {
  v1::Resource resource;
  resource.set_name("web");
  *resource.mutable_certificate() =
      control::test_certificate("DNS:web.shop.example", tls::make_key(), validity);
  return config::to_yaml(resource);
}

TEST_F(Operator, IsWarnedOfACertificateThatHasExpired) {
  const auto old = certificate_document({.begins = -7200, .ends = -3600});
  const auto tried = gslbctl({"apply", "--dry-run", "-f", "-"}, old);
  EXPECT_EQ(tried.code, 0) << tried.err;
  EXPECT_THAT(tried.err, StartsWith("warning: Certificate web expired on 20"));
  EXPECT_EQ(gslbctl({"status"}).out.find("expired"), std::string::npos) << "it was a dry run";
  EXPECT_EQ(apply(old).err, tried.err);
  EXPECT_THAT(gslbctl({"status"}).out,
              HasSubstr("\n\nCERTIFICATE  VALIDITY\nweb          expired on 20"));

  const auto renewed = apply(certificate_document({.ends = 30L * 24 * 3600}));
  EXPECT_EQ(renewed.code, 0);
  EXPECT_EQ(renewed.err, "");
  EXPECT_EQ(gslbctl({"status"}).out.find("CERTIFICATE"), std::string::npos);
}

TEST_F(Operator, IsWarnedOfARuleThatNoSiteNames) {
  declare_shop();
  const std::string rule = "kind: Rule\nname: a\nspec: {deny: {}}\n";
  const auto alone = apply(rule);
  EXPECT_EQ(alone.code, 0) << alone.err;
  EXPECT_EQ(alone.err, "warning: no site names Rule a: it does nothing yet\n");
  const auto named = apply(rule + R"(---
kind: Site
name: www
spec: {hostnames: [www.shop.example], origin_pool: shop, certificate: shop, rules: [a]}
)");
  EXPECT_EQ(named.err, "");
  EXPECT_EQ(apply(rule).err, "") << "a site that is there names it";
}

TEST_F(Operator, SeesAllCertificatesOfASite) {
  declare_shop();
  ASSERT_EQ(apply(certificate_document({})).code, 0);
  v1::Resource other;
  other.set_name("rsa");
  *other.mutable_certificate() =
      control::test_certificate("DNS:web.shop.example", tls::KeyPtr(EVP_RSA_gen(2048)));
  ASSERT_EQ(apply(config::to_yaml(other) + R"(---
kind: Site
name: two
spec: {hostnames: [web.shop.example], origin_pool: shop, certificates: [web, rsa]}
)")
                .code,
            0);
  EXPECT_THAT(gslbctl({"get", "site", "two"}).out, HasSubstr("web, rsa"));
  EXPECT_THAT(gslbctl({"describe", "certificate", "rsa"}).out,
              HasSubstr("# Named by Site two (spec.certificates)."));
}

}  // namespace
}  // namespace meridian::gslbctl
