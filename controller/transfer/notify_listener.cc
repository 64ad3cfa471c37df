#include "controller/transfer/notify_listener.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/transfer/notify.h"

namespace meridian::control {
namespace {

socklen_t fill(const Endpoint& endpoint, sockaddr_storage& address) {
  const auto octets = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, octets.data(), octets.size());
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
  return sizeof v6;
}

IpAddress address_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET)
    return IpAddress::v4(ntohl(reinterpret_cast<const sockaddr_in&>(from).sin_addr.s_addr));
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr, 16);
  return IpAddress::v6(octets).unmapped();
}

}  // namespace

Result<std::unique_ptr<NotifyListener>> NotifyListener::listen(
    const Endpoint& endpoint, const Head& head, std::function<void(const std::string&)> changed) {
  sockaddr_storage address{};
  const auto size = fill(endpoint, address);
  const int socket = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    const auto why = std::generic_category().message(errno);
    if (socket >= 0) ::close(socket);
    return Error(endpoint.text(), "cannot listen here: " + why);
  }
  return std::unique_ptr<NotifyListener>(new NotifyListener(socket, head, std::move(changed)));
}

NotifyListener::NotifyListener(int socket, const Head& head,
                               std::function<void(const std::string&)> changed)
    : socket_(socket), head_(head), changed_(std::move(changed)), thread_([this] { run(); }) {}

NotifyListener::~NotifyListener() {
  stopping_ = true;
  ::shutdown(socket_, SHUT_RDWR);  // ends the wait
  thread_.join();
  ::close(socket_);
}

void NotifyListener::run() {
  std::array<std::uint8_t, 4096> buffer;
  while (!stopping_) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto count = ::recvfrom(socket_, buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &size);
    if (count <= 0) continue;
    const auto answer = take_notify(
        head_.current()->configuration, tsig::Bytes(buffer).first(static_cast<std::size_t>(count)),
        address_of(from), static_cast<std::uint64_t>(WallClock::to_time_t(WallClock::now())));
    ++(answer.zone.empty() ? refused_ : heard_);
    if (!answer.zone.empty()) changed_(answer.zone);
    if (!answer.message.empty())
      (void)::sendto(socket_, answer.message.data(), answer.message.size(), MSG_DONTWAIT,
                     reinterpret_cast<const sockaddr*>(&from), size);
  }
}

}  // namespace meridian::control
