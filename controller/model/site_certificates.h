#pragma once

#include <string>
#include <vector>

#include "meridian/v1/config.pb.h"

namespace meridian::control {

/// Names of the Certificates of which a site's visitors are shown one.
inline std::vector<std::string> site_certificates(const v1::Site& site) {
  if (site.certificates().empty()) return {site.certificate()};
  return {site.certificates().begin(), site.certificates().end()};
}

}  // namespace meridian::control
