#pragma once

#include <string>

#include <google/protobuf/repeated_field.h>

#include "common/base/result.h"
#include "edge-node/rules/prefix_set.h"

namespace meridian::edge {

/// Networks, as they are written.
Result<PrefixSet> compile_prefixes(const google::protobuf::RepeatedPtrField<std::string>& from);

}  // namespace meridian::edge
