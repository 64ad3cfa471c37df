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
  const v1::Zone* held = nullptr;  // what was transferred before; null: nothing
  bool force = false;              // transfer all of it, whatever its serial
  bool whole = false;              // if it is newer, not as steps
};

struct PrimaryAnswer {
  std::uint32_t serial = 0;
  std::vector<zone::GivenRecord> records;  // of the whole zone; empty: `held` is current
  bool by_steps = false;                   // they came as differences
};

/// Asks for the SOA, and if it is newer than what is held, for the steps to it (IXFR) or, where
/// there are none or they do not fit, for the whole zone, by TCP. What comes is newer than what is
/// held, unless forced, whatever the SOA said before. Blocks; at most five seconds for each step
/// and two minutes for a transfer, or until `stop`. The Error says what the primary did wrong.
Result<PrimaryAnswer> ask_primary(const PrimaryQuestion& question, const std::atomic<bool>& stop);

}  // namespace meridian::control
