#include "controller/model/certificate_facts.h"

#include <gtest/gtest.h>

#include "controller/model/test_certificate.h"

namespace meridian::control {
namespace {

TEST(CertificateReader, SaysWhatACertificateIsFor) {
  CertificateReader reader;
  const auto facts = reader.read(test_certificate("DNS:a.example,DNS:*.a.example"));
  EXPECT_EQ(facts->chain_problem, "");
  EXPECT_EQ(facts->key_problem, "");
  EXPECT_EQ(facts->names, (std::vector<std::string>{"a.example", "*.a.example"}));
  EXPECT_TRUE(facts->matches);
  EXPECT_NE(facts->key_kind, 0);
}

TEST(CertificateReader, ReadsEachOnceWhileItIsUsed) {
  CertificateReader reader;
  const auto certificate = test_certificate("DNS:a.example");
  const auto first = reader.read(certificate);
  reader.forget_unused();
  EXPECT_EQ(reader.read(certificate), first);
  reader.forget_unused();
  reader.forget_unused();
  EXPECT_NE(reader.read(certificate), first);
}

TEST(CertificateReader, TakesNoCertificateForAnother) {
  CertificateReader reader;
  const auto one = test_certificate("DNS:a.example"), other = test_certificate("DNS:a.example");
  EXPECT_TRUE(reader.read(one)->matches);
  auto mixed = one;
  mixed.set_private_key_pem(other.private_key_pem());
  EXPECT_FALSE(reader.read(mixed)->matches);
  v1::Certificate moved;  // the same bytes, parted elsewhere
  moved.set_chain_pem(one.chain_pem() + one.private_key_pem());
  EXPECT_NE(reader.read(moved)->key_problem, "");
}

}  // namespace
}  // namespace meridian::control
