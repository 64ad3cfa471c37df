#pragma once

#include "common/net/address.h"
#include "dns-steer/query/assemble.h"
#include "dns-steer/query/serving.h"

namespace meridian::dns {

/// Answers the question from zones and steering (RFC 1034 section 4.3.2), into `message`. True:
/// steering gave the addresses. Pure; does not allocate.
bool resolve(const Query& query, const IpAddress& client, const Serving& serving,
             Assembler& message);

}  // namespace meridian::dns
