#pragma once

#include <string>

#include "common/tls/certificate.h"
#include "common/tls/identity.h"

namespace meridian::edge::testing {

/// The authority of a controller: gives nodes what the controller gives them.
class Authority {
 public:
  Authority();
  /// For `name` in the trust domain "test".
  tls::Identity issue(v1::Role role, const std::string& name) const;

 private:
  tls::KeyPtr key_;
  tls::X509Ptr certificate_;
};

}  // namespace meridian::edge::testing
