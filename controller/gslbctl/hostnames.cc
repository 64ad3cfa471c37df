#include "controller/gslbctl/hostnames.h"

#include <algorithm>

namespace meridian::gslbctl {
namespace {

/// `pattern` is `host`, or `*.` and a name that `host` is below.
bool serves(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
}

}  // namespace

std::string host_of(std::string_view url) {
  std::string_view rest;
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) rest = url.substr(scheme.size());
  auto authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');  // of an IPv6 address, which has colons in it
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon))
    authority = authority.substr(0, colon);
  std::string host(authority);
  for (auto& letter : host)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  return host;
}

bool is_of_a_site(std::string_view host, const std::vector<v1::Resource>& sites) {
  return std::any_of(sites.begin(), sites.end(), [&](const auto& resource) {
    const auto& names = resource.site().hostnames();
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& name) { return serves(name, host); });
  });
}

}  // namespace meridian::gslbctl
