#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meridian::zone {

/// Why `rdata` is not the data of an SVCB or HTTPS record (RFC 9460 sections 2.2, 7 and 8); nothing
/// if it is. Wire form. Pure.
std::optional<std::string> service_problem(std::string_view rdata);

}  // namespace meridian::zone
