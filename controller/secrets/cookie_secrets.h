#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// When secrets of DNS cookies change. Nodes hold three: the one before, whose cookies are valid
/// for a while; the one in force; and the next one, given to them a whole life ahead, so that a
/// node without the controller changes over with the others (RFC 9018 section 5). Pure.
using CookieSecrets = std::vector<v1::CookieSecret>;  // in the order of `sign_from`
using MakeSecret = std::function<Result<std::string>()>;

/// RFC 7873 section 7.1: at most 36 days. Nodes derive a secret for each day from it.
inline constexpr std::chrono::hours kCookieSecretLife{24 * 30};
/// What an operator wants changed at once waits until the news have come to all nodes.
inline constexpr std::chrono::minutes kCookieSecretLead{10};

/// There is no next secret: rotated() is due.
bool is_rotation_due(const CookieSecrets& secrets, WallTime now);
/// The secrets with a next one; of none at all, also one that is in force at once. The Error is
/// `make`'s.
Result<CookieSecrets> rotated(const CookieSecrets& secrets, WallTime now, const MakeSecret& make);
/// The secrets with a new one in force after kCookieSecretLead, and one after that. What nodes had
/// in hand for later is forgotten: it is known to whom the one in force is known.
Result<CookieSecrets> rotated_early(const CookieSecrets& secrets, WallTime now,
                                    const MakeSecret& make);

/// As one secret for the store. The Error says that `packed` is damaged.
std::string pack(const CookieSecrets& secrets);
Result<CookieSecrets> unpack(std::string_view packed);

}  // namespace meridian::control
