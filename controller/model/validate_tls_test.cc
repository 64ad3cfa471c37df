#include <gtest/gtest.h>

#include "common/base/base64.h"
#include "controller/model/test_certificate.h"
#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

std::string problems(const Configuration& configuration) {
  std::string text;
  for (const auto& one : validate(configuration)) text += one.field() + ": " + one.reason() + "\n";
  return text;
}

std::string problems(const std::string& resource) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(resource));
  return problems(configuration);
}

std::string site(const std::string& tls) {
  return problems(R"(name: "www" site { hostnames: "www.shop.example" origin_pool: "shop" )" + tls +
                  "}");
}

std::string settings(const std::string& spec) {
  return problems(R"(name: "default" edge_settings { )" + spec + "}");
}

TEST(ValidateTls, TakesCertificatesSideBySide) {
  EXPECT_EQ(site("certificates: 'shop'"), "");
  EXPECT_EQ(site("certificate: 'shop' certificates: 'shop'"),
            "spec.certificate: excludes spec.certificates: name it there\n");
  EXPECT_EQ(site(""), "spec.certificate: is missing: name a Certificate\n");
  EXPECT_EQ(site("certificates: 'gone'"), "spec.certificates[0]: there is no Certificate 'gone'\n");
}

TEST(ValidateTls, OfEachKindOfKeyThereIsOne) {
  auto configuration = good_configuration();
  v1::Resource second;
  second.set_name("second");
  *second.mutable_certificate() = test_certificate("DNS:www.shop.example");
  configuration.upsert(second);
  configuration.upsert(resource_of(R"(name: "www" site { hostnames: "www.shop.example"
      origin_pool: "shop" certificates: "shop" certificates: "second" })"));
  EXPECT_EQ(problems(configuration),
            "spec.certificates[1]: has a key of the same kind as one before; of each kind one is "
            "used\n");
}

TEST(ValidateTls, EachCertificateCoversTheHost) {
  auto configuration = good_configuration();
  v1::Resource other;
  other.set_name("other");
  *other.mutable_certificate() = test_certificate("DNS:other.example");
  configuration.upsert(other);
  configuration.upsert(resource_of(R"(name: "www" site { hostnames: "www.shop.example"
      origin_pool: "shop" certificates: "other" })"));
  EXPECT_EQ(problems(configuration),
            "spec.hostnames[0]: Certificate 'other' does not cover 'www.shop.example'; it is for "
            "'other.example'\n");
}

TEST(ValidateTls, VisitorsCertificatesNeedAnAuthority) {
  EXPECT_EQ(site("certificate: 'shop' client_certificate {}"),
            "spec.client_certificate.ca_pem: is missing: PEM certificates that sign those of "
            "visitors\n");
  const auto wrong = site("certificate: 'shop' client_certificate { ca_pem: 'x' }");
  EXPECT_TRUE(wrong.starts_with("spec.client_certificate.ca_pem: ")) << wrong;
  auto configuration = good_configuration();
  auto with = resource_of(R"(name: "www" site { hostnames: "www.shop.example" origin_pool: "shop"
      certificate: "shop" client_certificate { subject_header: "not a name" } })");
  with.mutable_site()->mutable_client_certificate()->set_ca_pem(
      test_certificate("DNS:client.example").chain_pem());
  configuration.upsert(with);
  EXPECT_EQ(problems(configuration),
            "spec.client_certificate.subject_header: 'not a name' is not a header field name\n");
}

TEST(ValidateTls, OriginsAreToldOfCertificatesInFieldsOfTheirOwn) {
  const auto told = [](const std::string& fields) {
    auto configuration = good_configuration();
    auto with = resource_of(R"(name: "www" site { hostnames: "www.shop.example"
        origin_pool: "shop" certificate: "shop" client_certificate {)" +
                            fields + "} }");
    with.mutable_site()->mutable_client_certificate()->set_ca_pem(
        test_certificate("DNS:client.example").chain_pem());
    configuration.upsert(with);
    return problems(configuration);
  };
  EXPECT_EQ(told("subject_header: 'X-Subject' fingerprint_header: 'X-Fingerprint'"), "");
  for (const char* name : {"Host", "Transfer-Encoding", "Content-Length", "connection"})
    EXPECT_EQ(told("subject_header: '" + std::string(name) + "'"),
              "spec.client_certificate.subject_header: '" + std::string(name) +
                  "' belongs to the connection; choose another\n");
  for (const char* name : {"Via", "X-Forwarded-For", "Client-Cert"})
    EXPECT_EQ(told("fingerprint_header: '" + std::string(name) + "'"),
              "spec.client_certificate.fingerprint_header: '" + std::string(name) +
                  "' is set by edges themselves; choose another\n");
}

TEST(ValidateTls, RefusesACertificateThatEdgesCannotUse) {
  const auto with = [](const tls::KeyPtr& key) {
    auto configuration = good_configuration();
    v1::Resource weak;
    weak.set_name("weak");
    *weak.mutable_certificate() = test_certificate("DNS:www.shop.example", key);
    configuration.upsert(weak);
    return problems(configuration);
  };
  EXPECT_EQ(with(tls::KeyPtr(EVP_RSA_gen(2048))), "");
  EXPECT_EQ(with(tls::KeyPtr(EVP_EC_gen("P-521"))), "");
  EXPECT_EQ(with(tls::KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))), "");
  EXPECT_EQ(with(tls::KeyPtr(EVP_RSA_gen(1024))),
            "spec.chain_pem: its first certificate has too small a key: RSA 1024 bits, at least "
            "2048\n");
  EXPECT_EQ(with(tls::KeyPtr(EVP_EC_gen("secp256k1"))),
            "spec.chain_pem: its first certificate has a key on the curve secp256k1; visitors know "
            "P-256, P-384 and P-521\n");
}

TEST(ValidateTls, SaysOfAnothersKeyOnlyThat) {
  auto configuration = good_configuration();
  v1::Resource mixed;
  mixed.set_name("mixed");
  *mixed.mutable_certificate() =
      test_certificate("DNS:www.shop.example", tls::KeyPtr(EVP_RSA_gen(1024)));
  mixed.mutable_certificate()->set_private_key_pem(test_certificate("").private_key_pem());
  configuration.upsert(mixed);
  EXPECT_EQ(problems(configuration),
            "spec.private_key_pem: is not the key of the chain's first certificate; is the chain "
            "in order, the leaf first?\n");
}

TEST(ValidateTls, TakesACertificateThatHasExpired) {
  auto configuration = good_configuration();
  v1::Resource old;
  old.set_name("old");
  *old.mutable_certificate() =
      test_certificate("DNS:www.shop.example", tls::make_key(), {.begins = -7200, .ends = -3600});
  configuration.upsert(old);
  EXPECT_EQ(problems(configuration), "") << "it must not keep other changes out";
}

TEST(ValidateTls, WhatIsStapledIsAnAnswerOfAResponder) {
  for (const auto& [text, reason] :
       {std::pair<std::string, std::string>{"*", "is not base64"},
        {to_base64("nonsense"), "is not an answer of an OCSP responder (in DER)"}}) {
    auto configuration = good_configuration();
    auto resource = *configuration.find(v1::KIND_CERTIFICATE, "shop");
    resource.mutable_certificate()->set_ocsp_response(text);
    configuration.upsert(resource);
    EXPECT_EQ(problems(configuration), "spec.ocsp_response: " + reason + "\n");
  }
}

TEST(ValidateTls, SettingsOfEdges) {
  EXPECT_EQ(settings("tls { min_version: '1.3' default_site: 'www' }"), "");
  EXPECT_EQ(settings("tls { min_version: '1.1' }"),
            "spec.tls.min_version: '1.1' is neither '1.2' nor '1.3'\n");
  EXPECT_EQ(settings("tls { default_site: 'gone' }"),
            "spec.tls.default_site: there is no Site 'gone'\n");
  EXPECT_EQ(problems(R"(name: "other" edge_settings {})"),
            "name: 'other': the settings of edges are one resource, named 'default'\n");
}

TEST(ValidateTls, LimitsOfEdgesAreWithinReason) {
  EXPECT_EQ(settings("limits { connections: 1000 header_bytes: 65536 header_fields: 200 "
                     "request_line_bytes: 16384 } timeouts { keep_alive { seconds: 600 } }"),
            "");
  for (const auto& [spec, field] :
       {std::pair{"limits { connections: 0 }", "spec.limits.connections"},
        {"limits { header_bytes: 100 }", "spec.limits.header_bytes"},
        {"limits { header_fields: 5000 }", "spec.limits.header_fields"},
        {"limits { request_line_bytes: 50000 }", "spec.limits.request_line_bytes"},
        {"limits { connections_per_client: 0 }", "spec.limits.connections_per_client"},
        {"limits { ipv4_prefix_length: 7 }", "spec.limits.ipv4_prefix_length"},
        {"limits { ipv6_prefix_length: 129 }", "spec.limits.ipv6_prefix_length"},
        {"timeouts { handshake { seconds: 600 } }", "spec.timeouts.handshake"},
        {"timeouts { send { nanos: 1000 } }", "spec.timeouts.send"},
        {"timeouts { min_bytes_per_second: 0 }", "spec.timeouts.min_bytes_per_second"}}) {
    const auto problem = settings(spec);
    EXPECT_TRUE(problem.starts_with(std::string(field) + ": ")) << spec << " " << problem;
  }
}

TEST(ValidateTls, SettingsOfWhatEdgesTellAreChecked) {
  EXPECT_EQ(settings(R"(debug_token: "0123456789abcdef" server_timing: true trace_context: true
                        drain_time { seconds: 60 })"),
            "");
  for (const char* bad : {"0123456789abcde", "0123456789abcde ", "0123456789abcde\\303"})
    EXPECT_EQ(settings(std::string("debug_token: \"") + bad + '"'),
              "spec.debug_token: is not 16 to 256 visible characters\n");
  EXPECT_NE(settings("drain_time { seconds: 3601 }"), "");
  EXPECT_NE(settings("drain_time { seconds: -1 }"), "");
}

}  // namespace
}  // namespace meridian::control
