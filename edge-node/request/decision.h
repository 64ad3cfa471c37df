#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/rules/apply.h"

namespace meridian::edge {

/// What is noted of how an answer came about, for who may know. See telling.h.
struct Decision {
  std::vector<RuleStep> rules;                            // in order, up to the one that ended it
  std::string key;                                        // in the cache; empty: it was not asked
  std::string cache_status;                               // empty: no stored or fetched response
  std::optional<std::chrono::seconds> age{}, lifetime{};  // of a response that is or may be stored
};

}  // namespace meridian::edge
