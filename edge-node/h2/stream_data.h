#pragma once

#include <nghttp2/nghttp2.h>

namespace meridian::edge::h2 {

/// Where nghttp2 gets the body of any stream of a Session.
const nghttp2_data_provider& stream_data();

}  // namespace meridian::edge::h2
