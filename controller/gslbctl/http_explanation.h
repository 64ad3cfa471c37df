#pragma once

#include <string>

#include "meridian/v1/distribution.pb.h"

namespace meridian::gslbctl {

/// What an edge makes of a request, for a person: each rule, what it does and why; then the answer,
/// or pool and cache key. Pure.
std::string http_explanation_text(const v1::HttpExplainRequest& asked,
                                  const v1::HttpExplanation& told, bool colours);

}  // namespace meridian::gslbctl
