#include "common/tls/serving.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace meridian::tls {
namespace {

KeyPtr rsa(std::size_t bits) { return KeyPtr(EVP_RSA_gen(bits)); }
KeyPtr on_curve(const char* curve) { return KeyPtr(EVP_EC_gen(curve)); }
KeyPtr of_kind(const char* kind) { return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, kind)); }

void set_name(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
}

struct Signed {
  std::string by;
  EVP_PKEY& key;
  const EVP_MD* digest = EVP_sha256();
};

X509Ptr certificate(const std::string& name, EVP_PKEY& key, const Signed& how) {
  X509Ptr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  set_name(X509_get_subject_name(made.get()), name);
  set_name(X509_get_issuer_name(made.get()), how.by);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), &key);
  EXPECT_GT(X509_sign(made.get(), &how.key, how.digest), 0);
  return std::move(parse_chain(certificate_to_pem(*made)).value().front());
}

/// What is wrong with serving with a key of its own.
std::string problem(const KeyPtr& key) {
  const auto issuer = make_key();
  std::vector<X509Ptr> chain;
  chain.push_back(certificate("leaf", *key, {.by = "ca", .key = *issuer}));
  return serving_problem(chain, *key).value_or("");
}

TEST(Serving, TakesTheKeysThatVisitorsKnow) {
  for (const auto* curve : {"P-256", "P-384", "P-521"}) EXPECT_EQ(problem(on_curve(curve)), "");
  EXPECT_EQ(problem(rsa(2048)), "");
  EXPECT_EQ(problem(of_kind("ED25519")), "");
  EXPECT_EQ(problem(of_kind("ED448")), "");
  EXPECT_EQ(last_error(), "");
}

TEST(Serving, RefusesSmallKeys) {
  EXPECT_EQ(problem(rsa(1024)),
            "its first certificate has too small a key: RSA 1024 bits, at least 2048");
  EXPECT_EQ(last_error(), "");
}

TEST(Serving, RefusesKeysThatNoVisitorKnows) {
  EXPECT_EQ(problem(on_curve("secp256k1")),
            "its first certificate has a key on the curve secp256k1; visitors know P-256, P-384 "
            "and P-521");
  const auto explicitly = on_curve("P-256");
  EVP_PKEY_set_utf8_string_param(explicitly.get(), "encoding", "explicit");
  EXPECT_EQ(problem(explicitly),
            "its first certificate has a key on a curve without a name; visitors know P-256, "
            "P-384 and P-521");
  EXPECT_EQ(problem(of_kind("X25519")),
            "its first certificate has a key of the kind X25519; visitors know RSA, ECDSA and "
            "Ed25519");
}

TEST(Serving, RefusesAKindOfKeyThatIsUnknownHere) {
  const auto key = of_kind("ED25519"), issuer = make_key();
  const auto known = certificate("leaf", *key, {.by = "ca", .key = *issuer});
  auto der = certificate_to_der(*known);
  const std::string id("\x06\x03\x2b\x65\x70", 5);
  der[der.find(id) + id.size() - 1] = '\x7f';
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  std::vector<X509Ptr> chain;
  chain.emplace_back(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  ASSERT_TRUE(chain.front());
  EXPECT_EQ(key_kind(*chain.front()), 0);
  EXPECT_FALSE(matches(*chain.front(), *key));
  EXPECT_EQ(serving_problem(chain, *key),
            "its first certificate has a key of a kind that is not known here");
  EXPECT_EQ(last_error(), "");
}

TEST(Serving, RefusesWeakSignatures) {
  const auto key = make_key(), issuer = make_key();
  std::vector<X509Ptr> chain;
  chain.push_back(certificate("leaf", *key, {.by = "ca", .key = *issuer, .digest = EVP_sha1()}));
  EXPECT_EQ(serving_problem(chain, *key),
            "its first certificate is signed with sha1, which visitors refuse");
}

TEST(Serving, LooksAtTheWholeChain) {
  const auto key = make_key(), root = make_key(), small = rsa(1024), issuer = make_key();
  const auto with = [&](EVP_PKEY& of_issuer, const EVP_MD* digest, const std::string& by) {
    std::vector<X509Ptr> chain;
    chain.push_back(certificate("leaf", *key, {.by = "ca", .key = of_issuer}));
    chain.push_back(certificate("ca", of_issuer, {.by = by, .key = *root, .digest = digest}));
    return serving_problem(chain, *key).value_or("");
  };
  EXPECT_EQ(with(*issuer, EVP_sha256(), "root"), "");
  EXPECT_EQ(with(*issuer, EVP_sha1(), "root"),
            "certificate 2 in it is signed with sha1, which visitors refuse");
  EXPECT_EQ(with(*issuer, EVP_sha1(), "ca"), "") << "nobody looks at a root's own signature";
  EXPECT_EQ(with(*small, EVP_sha256(), "root"),
            "certificate 2 in it has too small a key: RSA 1024 bits, at least 2048");
}

TEST(Serving, SaysThatTheKeyIsAnothers) {
  const auto key = make_key(), issuer = make_key();
  std::vector<X509Ptr> chain;
  chain.push_back(certificate("leaf", *key, {.by = "ca", .key = *issuer}));
  EXPECT_TRUE(serving_problem(chain, *issuer));
}

}  // namespace
}  // namespace meridian::tls
