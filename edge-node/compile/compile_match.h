#pragma once

#include "common/base/result.h"
#include "edge-node/rules/rule.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// `copies`: how many threads search with its regular expressions. The Error's `where` is a field.
Result<Match> compile_match(const v1::RuleMatch& from, const std::string& field, unsigned copies);

/// Whether a client's place decides.
bool needs_place(const Match& match);

}  // namespace meridian::edge
