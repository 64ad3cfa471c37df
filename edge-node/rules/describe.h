#pragma once

#include <string>

#include "edge-node/rules/apply.h"

/// What rules do, in words for a person.
namespace meridian::edge {

/// Why a rule does not match; or, of one that does, that it does.
std::string reason_text(const Match& match, const Unmet& unmet, const Subject& subject);

/// What a rule that matched has done. No secret is part of it.
std::string effect_text(const Rule& rule, const Subject& subject, const Ruling& ruling);

}  // namespace meridian::edge
