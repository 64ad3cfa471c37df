#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/result.h"
#include "common/net/address.h"
#include "controller/transfer/incoming.h"

namespace meridian::control {

/// What to ask a primary.
struct PrimaryQuestion {
  Endpoint primary;
  zone::WireName apex;
  std::optional<tsig::Key> key;
  std::optional<std::uint32_t> held;  // serial that we have
  bool force = false;                 // transfer it whatever its serial
};

struct PrimaryAnswer {
  std::uint32_t serial = 0;
  std::vector<zone::GivenRecord> records;  // empty: `held` is current
};

/// Asks for the SOA, and transfers the zone if it is newer than what is held, by TCP. Blocks; at
/// most five seconds for each step and two minutes for a transfer, or until `stop`. The Error says
/// what the primary did wrong.
Result<PrimaryAnswer> ask_primary(const PrimaryQuestion& question, const std::atomic<bool>& stop);

}  // namespace meridian::control
