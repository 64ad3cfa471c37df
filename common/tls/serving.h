#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/tls/certificate.h"

namespace meridian::tls {

/// Why an edge could not serve TLS with this chain, the leaf first, and the leaf's key, or why
/// visitors would refuse it whatever the version; nothing if it can. About the chain: "its first
/// certificate has too small a key: RSA 1024 bits, at least 2048". Who has signed it, and when it
/// expires, is not looked at. Any thread.
std::optional<std::string> serving_problem(const std::vector<X509Ptr>& chain, EVP_PKEY& key);

}  // namespace meridian::tls
