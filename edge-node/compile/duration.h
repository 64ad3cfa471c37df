#pragma once

#include <chrono>

#include <google/protobuf/duration.pb.h>

namespace meridian::edge {

inline std::chrono::milliseconds milliseconds_of(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) +
         std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::nanoseconds(duration.nanos()));
}

}  // namespace meridian::edge
