#include "common/daemon/listen.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/observe/log.h"

namespace meridian::daemon {
namespace {

bool is_any_v6(const Endpoint& endpoint) {
  return !endpoint.address.is_v4() && endpoint.address.is_unspecified();
}

/// A kernel without IPv6 has no such sockets; where it is switched off, they may have no address.
bool host_has_v6() {
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno != EAFNOSUPPORT;
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0;
  const bool has = bound || errno != EADDRNOTAVAIL;
  ::close(socket);
  return has;
}

}  // namespace

std::vector<Endpoint> without_any_v6(const std::vector<Endpoint>& wanted) {
  std::vector<Endpoint> left;
  std::remove_copy_if(wanted.begin(), wanted.end(), std::back_inserter(left), is_any_v6);
  return left.empty() ? wanted : left;
}

Result<std::vector<Endpoint>> listen_endpoints(std::string_view option,
                                               const std::vector<std::string>& texts) {
  std::vector<Endpoint> endpoints;
  for (const auto& text : texts) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) return at(std::string(option), endpoint.error());
    endpoints.push_back(*endpoint);
  }
  if (std::none_of(endpoints.begin(), endpoints.end(), is_any_v6) || host_has_v6())
    return endpoints;
  auto left = without_any_v6(endpoints);
  if (left.size() < endpoints.size())
    log::warn("this host has no IPv6: [::] is not listened on", {{"option", option}});
  return left;
}

}  // namespace meridian::daemon
