#pragma once

#include <cstdint>
#include <string>

#include "edge-node/http/message.h"

/// What a request says of host and port, in one form however it was spelled: origins that make
/// answers of it must not be led to make others than those that are stored for all. Pure.
namespace meridian::edge {

/// The port that the visitor named, where it is not the scheme's own; 0: it is.
std::uint32_t named_port(const http::RequestHead& request, bool tls);

/// For Host and its like: the host, and such a port behind it.
std::string authority_of(const http::RequestHead& request, bool tls);

}  // namespace meridian::edge
