#include "common/daemon/node_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "common/disk/file.h"
#include "common/tls/certificate.h"

namespace meridian::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Of the edge edge-1, signed by itself; it ended an hour ago.
tls::Identity expired_identity() {
  const auto key = tls::make_key();
  const tls::X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(x), -7200);
  X509_gmtime_adj(X509_getm_notAfter(x), -3600);
  X509_set_pubkey(x, key.get());
  X509_EXTENSION* name = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                             "URI:spiffe://test.example/edge/edge-1");
  X509_add_ext(x, name, -1);
  X509_EXTENSION_free(name);
  X509_sign(x, key.get(), EVP_sha256());
  const auto pem = tls::certificate_to_pem(*certificate);
  return {.chain_pem = pem, .key_pem = tls::key_to_pem(*key), .ca_pem = pem};
}

class Join : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "node-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.directory = pattern;
    options_.name = "edge-9";
    options_.controllers = {"controller.invalid:7443"};
  }
  void TearDown() override { std::filesystem::remove_all(options_.directory); }

  std::filesystem::path identity() const { return options_.directory / "identity"; }
  Result<std::unique_ptr<control::NodeClient>> join() const {
    return join_control_plane(options_, v1::ROLE_EDGE, 443, 80, {});
  }
  std::string refusal() const {
    const auto joined = join();
    EXPECT_FALSE(joined);
    return joined ? "" : joined.error().text();
  }
  /// As after a crash between two files.
  void save_with_another_key() const {
    ASSERT_TRUE(tls::save_identity(identity(), expired_identity()));
    ASSERT_TRUE(
        write_file_atomically(identity() / "key.pem", tls::key_to_pem(*tls::make_key()), 0600));
  }

  NodeOptions options_;
};

TEST_F(Join, StartsWithAnExpiredCertificateWhateverTheTokenIsWorth) {
  ASSERT_TRUE(tls::save_identity(identity(), expired_identity()));
  for (const auto* token : {"", "spent"}) {
    options_.join_token = token;
    const auto client = join();
    ASSERT_TRUE(client) << client.error().text();
    EXPECT_EQ((*client)->name().name, "edge-1") << "as it was enrolled";
  }
}

TEST_F(Join, SaysWhatIsMissingForTheFirstStart) {
  EXPECT_THAT(refusal(), HasSubstr("start again with --join TOKEN"));
}

TEST_F(Join, SaysWhatToDoWhenKeyAndCertificateDoNotBelongTogether) {
  save_with_another_key();
  EXPECT_THAT(refusal(), HasSubstr("is not the key of chain.pem"));
  EXPECT_THAT(refusal(), HasSubstr("start once with --join and a new token"));
}

TEST_F(Join, EnrolsAnewWhenKeyAndCertificateDoNotBelongTogether) {
  save_with_another_key();
  options_.join_token = "cut off";
  EXPECT_THAT(refusal(), HasSubstr("is not a join token"));
  EXPECT_THAT(refusal(), Not(HasSubstr("is not the key")));
}

}  // namespace
}  // namespace meridian::daemon
