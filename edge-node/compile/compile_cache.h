#pragma once

#include "edge-node/policy/settings.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// A site's cache policy in the form that requests read, every default in its place.
CachePolicy compile_cache(const v1::CachePolicy& from);
CacheOverride compile_override(const v1::CacheOverride& from);

}  // namespace meridian::edge
