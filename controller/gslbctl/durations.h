#pragma once

#include <string>

#include <google/protobuf/duration.pb.h>

#include "controller/gslbctl/outcome.h"

namespace meridian::gslbctl {

/// What a person gave to `option` ("--wait"): not negative.
Answer<google::protobuf::Duration> duration_option(const std::string& option,
                                                   const std::string& text);

}  // namespace meridian::gslbctl
