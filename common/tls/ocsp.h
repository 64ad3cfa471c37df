#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "common/base/time.h"

namespace meridian::tls {

/// Why an answer of an OCSP responder (RFC 6960, in DER) is no proof that `leaf` is not revoked;
/// nothing if it is one, though it may be old. Who has signed it is not looked at. Any thread.
std::optional<std::string> ocsp_problem(std::string_view der, const X509& leaf);

/// When the first proof in such an answer ends; the end of time where it does not say, or cannot be
/// read. Any thread.
WallTime ocsp_valid_until(std::string_view der);

}  // namespace meridian::tls
