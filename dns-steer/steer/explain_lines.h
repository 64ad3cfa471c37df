#pragma once

#include <string>
#include <vector>

#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// An explanation for a person at `dig`: a line for each step of the chain, in its order, each at
/// most 255 octets, numbered so that their order can be seen whoever shuffles them; of many edges
/// the first. `who`: the client, and how we know. Pure.
std::vector<std::string> explanation_lines(const v1::ExplainResponse& explanation,
                                           const std::string& who);

}  // namespace meridian::dns
