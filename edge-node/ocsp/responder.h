#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace meridian::edge {

/// What a responder says of a certificate that is good (RFC 6960).
struct OcspAnswer {
  std::string der;
  WallTime from;   // thisUpdate
  WallTime until;  // nextUpdate; a day from now where the responder names none
};

/// Asks the responder that the leaf of `chain_pem` names (Authority Information Access), by HTTP,
/// and verifies what it says; the issuer is the second certificate of the chain. Blocks, not longer
/// than `patience` for each step of the connection.
Result<OcspAnswer> ask_responder(std::string_view chain_pem, std::chrono::seconds patience);

}  // namespace meridian::edge
