#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/base/id.h"
#include "common/base/time.h"
#include "controller/model/configuration.h"
#include "controller/model/node_secrets.h"
#include "meridian/v1/admin.pb.h"
#include "meridian/v1/distribution.pb.h"

/// What every store of the controller speaks of. store_contract_test.cc says how it must behave.
namespace meridian::control {

inline constexpr std::size_t kKeptRevisions = 1'000;
/// No change may ask for a greater number: behind it there is room for ever.
inline constexpr Revision kMostLeast{std::uint64_t{1} << 62};
inline constexpr std::size_t kKeptPurges = 10'000;
inline constexpr std::size_t kMostJoinTokens = 10'000;

/// The configuration at one revision.
struct ConfigurationAt {
  Revision revision;
  Configuration configuration;
  std::shared_ptr<const NodeSecrets> secrets =
      {};  // null as the store loads it: it cannot read them
};

/// A secret as the store keeps it: sealed, so that it says nothing without the key.
struct SealedSecret {
  std::string name;
  std::optional<std::string> sealed;  // none: forget it
};

/// A change on its way into the store.
struct NewRevision {
  Revision base;  // must still be the newest
  WallTime time;
  std::string author;
  std::string comment;
  std::vector<v1::Change> changes;         // which resources differ; without secrets
  const Configuration& after;              // the changed resources are read from here
  std::string join_token = {};             // not empty: takes one use of it in the same step
  std::vector<SealedSecret> secrets = {};  // replaced in the same step
  Revision least = {};                     // its number is this or greater
};

enum class CommitOutcome : std::uint8_t { committed, head_moved, token_spent };
struct Committed {
  CommitOutcome outcome = CommitOutcome::committed;
  Revision revision;  // the new one, if committed
};

/// A join token as the store keeps it: never the secret, only its hash.
struct StoredToken {
  std::string id;
  Sha256 secret_hash{};
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string location;
  std::string node;  // empty: any
  WallTime expires;
  std::uint32_t uses_left = 0;
  bool revoked = false;
};

/// What the purge log holds: sequences `first` to `last`; both 0 while it is empty.
struct PurgeBounds {
  PurgeSequence first;
  PurgeSequence last;
};

}  // namespace meridian::control
