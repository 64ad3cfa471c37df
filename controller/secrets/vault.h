#pragma once

#include "common/base/result.h"
#include "common/base/time.h"
#include "controller/model/node_secrets.h"
#include "controller/secrets/seal.h"
#include "controller/store/head.h"
#include "controller/store/sqlite_store.h"

namespace meridian::control {

/// Keys of a zone lie in the store under this and the zone's name.
inline constexpr const char* kZoneKeysPrefix = "zone-keys/";

/// The secrets that `store` holds, opened; what every controller must have and this one has not yet
/// is made and kept. The Error names the secret that `seal` does not open.
Result<NodeSecrets> open_secrets(SqliteStore& store, const Seal& seal, WallTime now);

/// Gives the nodes by a revision the next one of each secret whose time has come: of DNS cookies,
/// of edges' sticky cookies. The revision that holds now.
Result<Revision> rotate_due_secrets(Head& head, const Seal& seal, const ChangeOrigin& origin);

/// Gives the DNS nodes the next secret of cookies before its time, by a revision. What they have
/// then, and since which revision.
struct RotatedCookies {
  Revision revision;
  v1::CookieSecret next;  // the first that is not in force yet
};
Result<RotatedCookies> rotate_cookie_secret(Head& head, const Seal& seal,
                                            const ChangeOrigin& origin);

/// The seal whose key lies in `directory`. Made at the first start; if it is gone while `store`
/// holds sealed secrets, an Error, for a new key would open none of them.
Result<Seal> load_seal(const std::filesystem::path& directory, const SqliteStore& store);

}  // namespace meridian::control
