#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/hash.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/tls/identity.h"
#include "controller/store/store.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

/// A random id and secret. `ca_fingerprint` lets the node know the controller on first contact.
Result<tls::JoinToken> make_join_token(const Sha256& ca_fingerprint);
/// What the store keeps of `token`.
Sha256 secret_hash(const tls::JoinToken& token);

/// Who wants to enrol.
struct Applicant {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string_view name;
};
enum class TokenRefusal : std::uint8_t { unknown, expired, revoked, used_up, role, node };
/// Why `presented` does not admit `applicant` at `now`; nothing: it does. `stored` is what the
/// store has under its id, if anything. Without the right secret nothing can be learned, not even
/// that the id exists. Pure.
std::optional<TokenRefusal> refusal(const std::optional<StoredToken>& stored,
                                    const tls::JoinToken& presented, const Applicant& applicant,
                                    WallTime now);
/// For the operator who reads the node's log.
std::string_view refusal_text(TokenRefusal refusal);

}  // namespace meridian::control
