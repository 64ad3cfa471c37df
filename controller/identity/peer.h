#pragma once

#include <string>

#include "common/base/result.h"
#include "common/tls/identity.h"

namespace grpc {
class AuthContext;
}

namespace meridian::control {

/// Whom the caller's certificate names. gRPC has verified it against our CA; an Error if the caller
/// has none, or one of another trust domain.
Result<tls::PeerName> peer_name(const grpc::AuthContext& caller, const std::string& trust_domain);

/// "edge/edge-par-1": as histories and logs name a peer.
std::string peer_text(const tls::PeerName& peer);

}  // namespace meridian::control
