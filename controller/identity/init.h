#pragma once

#include <filesystem>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/tls/identity.h"
#include "controller/identity/authority.h"

namespace meridian::control {

/// Where things lie in a controller's data directory.
struct DataDirectory {
  std::filesystem::path root;

  std::filesystem::path ca() const { return root / "ca"; }
  /// The controller's own certificate and key.
  std::filesystem::path identity() const { return root / "identity"; }
  /// The first administrator's: what `gslbctl` needs.
  std::filesystem::path admin() const { return root / "admin"; }
  /// Where another administrator's is made; the first one's has its own place.
  std::filesystem::path admin(const std::string& name) const;
  std::filesystem::path store() const { return root / "store"; }

  bool is_initialised() const;
};

/// The name of the first administrator (`admin/root` in the history).
inline constexpr const char* kFirstAdmin = "root";

/// Makes a controller's data directory: a new CA for `trust_domain`, the controller's identity,
/// one administrator's identity in `admin/`, and the place of the store. Refuses a directory that
/// is initialised already; one that was left half made is made anew.
Result<void> initialise(const std::filesystem::path& directory, const std::string& trust_domain,
                        WallTime now);

/// A new key, and a certificate of the directory's CA for it, for the administrator `name`, saved
/// in `out`. Needs no running controller. Refuses an `out` that holds a key of anybody else; one of
/// the same administrator is replaced.
Result<tls::Identity> create_admin(const std::filesystem::path& directory, const std::string& name,
                                   const std::filesystem::path& out, WallTime now);

/// The CA and the controller's identity of an initialised directory. An identity with less than
/// two thirds of its life left is issued again, for the same key, and saved. An uninitialised
/// directory is an Error that names the command to run.
struct ControllerIdentity {
  Authority authority;
  tls::Identity identity;
};
Result<ControllerIdentity> load_controller(const std::filesystem::path& directory, WallTime now);

}  // namespace meridian::control
