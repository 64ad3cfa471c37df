#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/tls/identity.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

struct EnrollOptions {
  std::string controller;  // host:port
  std::string token;
  std::string name;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::vector<std::string> addresses;
  std::optional<std::uint32_t> https_port;
  std::optional<std::uint32_t> http_port;
  std::string key_pem = {};  // to be certified; empty: a new key
};

/// Makes a key if there is none, verifies the controller's CA against the fingerprint in the token,
/// and trades the token for a certificate. Blocks for at most 20 s. The Error says what the
/// operator must do.
Result<tls::Identity> enroll(const EnrollOptions& options);

}  // namespace meridian::control
