#pragma once

#include <memory>
#include <string>

#include "common/tls/identity.h"

namespace grpc {
class Channel;
}

namespace meridian::control {

/// The largest message either side takes: a snapshot of 100,000 sites fits.
inline constexpr int kMostMessageBytes = 64 << 20;

/// An mTLS channel to one controller (host:port). Of `identity` only ca_pem is needed to enrol.
/// Dead peers are noticed within about 8 s. Connects lazily; never shared with another identity.
std::shared_ptr<grpc::Channel> make_channel(const std::string& controller,
                                            const tls::Identity& identity);

}  // namespace meridian::control
