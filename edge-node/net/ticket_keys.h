#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"

namespace meridian::edge {

/// A secret that all edges of a fleet have, and from when on it counts.
struct TicketSecret {
  WallTime from;
  std::string secret;
};
using TicketSecrets = std::vector<TicketSecret>;  // in the order of `from`; at least one

/// What session tickets are sealed with (RFC 5077 section 4): AES-256-CBC and HMAC-SHA-256.
struct TicketKey {
  std::array<unsigned char, 16> name;  // stands in the ticket
  std::array<unsigned char, 32> cipher;
  std::array<unsigned char, 32> mac;
};

/// How long a key seals. Tickets are good for as long, so they outlive their key by a period.
inline constexpr std::chrono::hours kTicketPeriod{12};

/// The key of the `period`-th kTicketPeriod since 1970, the same at all who have the same secrets:
/// derived (HKDF, RFC 5869) from the secret that counts when the period begins. Pure.
TicketKey ticket_key(const TicketSecrets& secrets, std::int64_t period);

/// The keys of now, derived when they are needed first. One thread.
class TicketKeyring {
 public:
  /// Before the others, in each handshake. `secrets` are kept.
  void use(std::shared_ptr<const TicketSecrets> secrets, WallTime now);
  const TicketKey& sealing() { return key_of(period_); }
  /// Null: none of the keys of this period, the one before and, for clocks that go ahead, the next.
  const TicketKey* opening(std::string_view name);

 private:
  const TicketKey& key_of(std::int64_t period);

  std::shared_ptr<const TicketSecrets> secrets_;
  std::int64_t period_ = 0;
  std::map<std::int64_t, TicketKey> keys_;
};

}  // namespace meridian::edge
