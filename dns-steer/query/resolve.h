#pragma once

#include "common/net/address.h"
#include "dns-steer/query/assemble.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/query/worker_state.h"

namespace meridian::dns {

/// Answers the question from zones and steering (RFC 1034 section 4.3.2), into `message`. True:
/// steering gave the addresses. Pure but for the chance in `state`; does not allocate.
bool resolve(const Query& query, const IpAddress& client, const Serving& serving,
             WorkerState& state, Assembler& message);

}  // namespace meridian::dns
