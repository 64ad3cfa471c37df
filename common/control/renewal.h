#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/tls/identity.h"

namespace grpc {
class Channel;
}

namespace meridian::control {

/// When a certificate of this life should be renewed: at two thirds of it. Pure.
WallTime renewal_time(WallTime not_before, WallTime not_after);
/// The same for the leaf of `identity`; now, if it cannot be read.
WallTime renewal_time(const tls::Identity& identity);

/// Asks for a new certificate for the same key (so that a crash between two files on disk cannot
/// part the key from its certificate). Blocks for at most 5 s.
Result<tls::Identity> renew(const std::shared_ptr<grpc::Channel>& channel,
                            const tls::Identity& identity);

}  // namespace meridian::control
