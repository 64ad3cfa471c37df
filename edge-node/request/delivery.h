#pragma once

#include <cstdint>
#include <string>

#include "edge-node/encode/compression.h"

namespace meridian::edge {

/// What origins are told of visitors; the fields of ForwardedFields in config.proto.
struct Forwarding {
  bool x_forwarded = true;
  bool forwarded = false;
  bool via = true;
  bool keep_received = false;
};

/// What a Site says of its requests and answers beside caching, in the form that requests read.
struct Delivery {
  bool redirect_to_https = false;
  std::string hsts;  // the value of Strict-Transport-Security; empty: none
  Forwarding forwarding;
  Compression compression;
  bool server_timing = false;
  std::uint64_t stamp = 0;  // equal where the same is added to stored responses
};

}  // namespace meridian::edge
