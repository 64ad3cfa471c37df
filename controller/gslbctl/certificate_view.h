#pragma once

#include <string>
#include <vector>

#include "common/base/time.h"
#include "controller/gslbctl/render.h"
#include "meridian/v1/config.pb.h"

/// What the dates of Certificates say, for a person. Pure.
namespace meridian::gslbctl {

/// "expired on 2026-11-23 20:11:33Z" or "is not valid before ..."; empty: it is valid at `now`.
std::string not_valid(const v1::Certificate& certificate, WallTime now);

/// A table of the certificates that are not valid at `now`, or not for two weeks more, soonest
/// first; a line below it says how many more there are than it shows. Empty: there are none.
std::string expiry_text(const std::vector<v1::Resource>& certificates, WallTime now, bool colours);

}  // namespace meridian::gslbctl
