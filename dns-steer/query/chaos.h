#pragma once

#include "dns-steer/query/assemble.h"
#include "dns-steer/query/settings.h"

namespace meridian::dns {

/// Answers a question of class CHAOS: who this server is (RFC 4892), if its operator tells; all
/// else is refused.
void answer_chaos(const Query& query, const AnswerSettings& settings, Assembler& message);

}  // namespace meridian::dns
