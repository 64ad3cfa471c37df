#pragma once

#include "common/base/result.h"
#include "controller/model/node_secrets.h"
#include "controller/secrets/seal.h"
#include "controller/store/sqlite_store.h"

namespace meridian::control {

/// The secrets that `store` holds, opened; what every controller must have and this one has not yet
/// is made and kept. The Error names the secret that `seal` does not open.
Result<NodeSecrets> open_secrets(SqliteStore& store, const Seal& seal);

/// The seal whose key lies in `directory`. Made at the first start; if it is gone while `store`
/// holds sealed secrets, an Error, for a new key would open none of them.
Result<Seal> load_seal(const std::filesystem::path& directory, const SqliteStore& store);

}  // namespace meridian::control
