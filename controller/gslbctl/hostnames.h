#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "meridian/v1/config.pb.h"

/// Hosts of URLs that somebody gives, and whose they are. Pure.
namespace meridian::gslbctl {

/// In lower case, without the port. Empty: `url` does not begin with https:// or http://, or has no
/// host.
std::string host_of(std::string_view url);

/// One of `sites` has it among its hostnames, as it is or by a wildcard.
bool is_of_a_site(std::string_view host, const std::vector<v1::Resource>& sites);

}  // namespace meridian::gslbctl
