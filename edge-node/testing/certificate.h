#pragma once

#include <string>
#include <vector>

namespace meridian::edge::testing {

struct TestCertificate {
  std::string chain_pem;
  std::string key_pem;
};

enum class TestKey { ecdsa, rsa };

/// Self-signed, for these DNS names and 127.0.0.1, for a day.
TestCertificate make_test_certificate(const std::vector<std::string>& names,
                                      TestKey kind = TestKey::ecdsa);

}  // namespace meridian::edge::testing
