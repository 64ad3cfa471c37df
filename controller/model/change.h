#pragma once

#include <vector>

#include "common/base/time.h"
#include "controller/model/configuration.h"

namespace meridian::control {

/// A proposed configuration and what makes it differ from the one it began with.
struct Proposal {
  Configuration configuration;
  std::vector<v1::Change> changes;        // ordered by kind and name, private keys left out
  std::vector<v1::Violation> violations;  // of the change itself: deleting what is not there ...
};

/// `base` with the request's upserts and deletes. A Certificate without a private key and a TsigKey
/// without a secret keep what they have. What follows from the change is put right: see settle().
/// Does not validate the result: see validate(). Pure.
Proposal propose(const Configuration& base, const v1::ApplyRequest& request, WallTime now = {});

/// For answers and logs: `resource` without what only nodes may see.
v1::Resource without_secrets(v1::Resource resource);

}  // namespace meridian::control
