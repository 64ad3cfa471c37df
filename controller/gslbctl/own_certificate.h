#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/tls/identity.h"

/// The certificate by which gslbctl proves who its operator is: how long it lasts, and what keeps
/// it from expiring.
namespace meridian::gslbctl {

/// Asks the controller for a new certificate for the same key.
using Renewal = std::function<Result<tls::Identity>(const tls::Identity&)>;

/// Renews the certificate of the identity in `directory` when two thirds of its life are over at
/// `now`. The key stays, so whoever reads the files meanwhile finds what belongs together; of
/// several gslbctl at once one renews. Returns a line for the operator when it could not, empty
/// otherwise; where files cannot be written nothing is asked, and there is a line only for the last
/// 30 days.
std::string keep_valid(const std::filesystem::path& directory, WallTime now,
                       const Renewal& renewal);

/// "admin/root, certificate expires 2026-12-09 08:00:00Z, only 12 days left"; the last from 30 days
/// before on. Pure.
std::string own_text(const tls::Identity& identity, WallTime now, bool colours);

/// What to do where the certificate of the identity in `directory` has expired: the command that
/// makes another, and where to run it. Looks whether that is here.
std::string create_again(const std::filesystem::path& directory, const tls::Identity& identity);

}  // namespace meridian::gslbctl
