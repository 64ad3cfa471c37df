#pragma once

#include <optional>
#include <string_view>

#include "dns-steer/query/serving.h"
#include "dns-steer/zone/name.h"
#include "geoip-data/database/database.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// What `client` gets for `hostname`, and why. An unknown hostname is an `error` in the response.
v1::ExplainResponse explain_name(const Serving& serving, std::string_view hostname,
                                 const IpAddress& client,
                                 const std::optional<GeoDatabase::Entry>& entry);
/// The same for a name that was asked for.
v1::ExplainResponse explain_name(const Serving& serving, const LookupName& name,
                                 const IpAddress& client,
                                 const std::optional<GeoDatabase::Entry>& entry);

}  // namespace meridian::dns
