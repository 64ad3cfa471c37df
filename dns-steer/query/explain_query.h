#pragma once

#include <cstdint>

#include "common/net/address.h"
#include "dns-steer/query/assemble.h"
#include "dns-steer/query/now.h"
#include "dns-steer/query/parse.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/query/worker_state.h"

namespace meridian::dns {

/// What became of a question for an explanation.
enum class Explained : std::uint8_t { not_asked, told, over_limit };

/// `NAME._explain TXT`, which is in none of our zones: TXT records that tell every step which leads
/// to the answer of NAME for `client` (whom steering would locate). Only for those whose `source`
/// address is in AnswerSettings::explain_prefixes, and at most ExplainLimit a second; for
/// everybody else `message` is left as it is. The one answer that allocates. No client's answer
/// fits another one, so neither TTL nor scope lets a resolver keep it.
Explained explain_query(const Query& query, const IpAddress& source, const IpAddress& client,
                        const Serving& serving, WorkerState& state, const Now& now,
                        Assembler& message);

}  // namespace meridian::dns
