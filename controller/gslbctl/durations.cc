#include "controller/gslbctl/durations.h"

#include "common/config/duration.h"

namespace meridian::gslbctl {

Answer<google::protobuf::Duration> duration_option(const std::string& option,
                                                   const std::string& text) {
  auto duration = config::parse_duration(text);
  if (!duration) return usage(option + ": " + duration.error().what);
  if (duration->seconds() < 0 || duration->nanos() < 0)
    return usage(option + ": '" + text + "' is negative");
  return *duration;
}

}  // namespace meridian::gslbctl
