#include "controller/identity/join_token.h"

#include <array>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "common/tls/certificate.h"

namespace meridian::control {

Result<tls::JoinToken> make_join_token(const Sha256& ca_fingerprint) {
  std::array<std::uint8_t, 8> id;
  std::array<std::uint8_t, 16> secret;
  if (RAND_bytes(id.data(), id.size()) != 1 || RAND_bytes(secret.data(), secret.size()) != 1)
    return Error("no random numbers to be had: " + tls::last_error());
  return tls::JoinToken{to_hex(id), to_hex(secret), to_hex(ca_fingerprint)};
}

Sha256 secret_hash(const tls::JoinToken& token) { return sha256(token.secret); }

std::optional<TokenRefusal> refusal(const std::optional<StoredToken>& stored,
                                    const tls::JoinToken& presented, const Applicant& applicant,
                                    WallTime now) {
  const Sha256 hash = secret_hash(presented);
  const Sha256 expected = stored ? stored->secret_hash : Sha256{};
  // Both paths hash and compare alike; what differs is told only to who knows the secret.
  const bool same = CRYPTO_memcmp(hash.data(), expected.data(), hash.size()) == 0;
  if (!stored || !same) return TokenRefusal::unknown;
  if (stored->revoked) return TokenRefusal::revoked;
  if (now >= stored->expires) return TokenRefusal::expired;
  if (stored->uses_left == 0) return TokenRefusal::used_up;
  if (stored->role != applicant.role) return TokenRefusal::role;
  if (!stored->node.empty() && stored->node != applicant.name) return TokenRefusal::node;
  return std::nullopt;
}

std::string_view refusal_text(TokenRefusal refusal) {
  switch (refusal) {
    case TokenRefusal::unknown:
      return "the join token is not known";
    case TokenRefusal::expired:
      return "the join token has expired";
    case TokenRefusal::revoked:
      return "the join token has been revoked";
    case TokenRefusal::used_up:
      return "the join token has been used up";
    case TokenRefusal::role:
      return "the join token is for another role";
    case TokenRefusal::node:
      return "the join token is for another node";
  }
  return "the join token is refused";
}

}  // namespace meridian::control
