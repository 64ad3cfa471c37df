#pragma once

#include <string>

#include "meridian/v1/distribution.pb.h"

namespace meridian::gslbctl {

/// Why a client gets the answer that it gets, for a person: place, ranking, answer, reason. Pure.
std::string explanation_text(const std::string& hostname, const std::string& client,
                             const v1::ExplainResponse& response, bool colours);

}  // namespace meridian::gslbctl
