#pragma once

#include "common/net/address.h"
#include "dns-steer/query/assemble.h"
#include "dns-steer/query/now.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/query/worker_state.h"

namespace meridian::dns {

/// What became of a question beside the message.
struct Resolved {
  bool steered = false;            // steering gave the addresses
  bool signature_refused = false;  // a signature is missing: FreshSignatures had made too many
};

/// Answers the question from zones and steering (RFC 1034 section 4.3.2), into `message`; signed
/// where the zone is and the client wants it. Pure but for the chance and the fresh signatures in
/// `state`; allocates only to make a signature that could not be made ahead.
Resolved resolve(const Query& query, const IpAddress& client, const Serving& serving,
                 WorkerState& state, const Now& now, Assembler& message);

}  // namespace meridian::dns
