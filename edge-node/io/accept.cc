#include "edge-node/io/accept.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/io/visitor_connection.h"
#include "edge-node/net/socket_address.h"

namespace meridian::edge {
namespace {

constexpr int kMaxAccepts = 64;      // in a row, before others get their turn
constexpr int kLongestQueue = 8192;  // who waits at a listener that is to be closed
/// When the process is out of descriptors: until some may have been closed.
constexpr std::chrono::milliseconds kBreather{100};

/// How many connections there are, of how many there may be.
struct Crowd {
  std::size_t here, sent_away, most;
};

Crowd crowd_at(const FrontDoor& door) {
  const auto& limits = *door.worker.slot.current().limits;
  if (!limits.all_connections)
    return {door.connections.size(), door.connections.sent_away(), limits.connections};
  return {door.visitors.here.load(std::memory_order_relaxed),
          door.visitors.sent_away.load(std::memory_order_relaxed), *limits.all_connections};
}

bool is_full(const FrontDoor& door) {
  const Crowd crowd = crowd_at(door);
  return crowd.here >= crowd.most;
}

/// Before anything is spent on it. No value: refused.
std::optional<ClientCounts::Held> admit(FrontDoor& door, const IpAddress& from) {
  if (is_full(door)) {
    door.worker.counters.connections_refused.add();
    return std::nullopt;
  }
  if (door.worker.overload.sheds_connections()) {
    door.worker.counters.connections_shed.add();
    return std::nullopt;
  }
  if (is_trusted(door.proxies, from)) return ClientCounts::Held();
  return is_denied(door, from) ? std::nullopt : count_client(door, from);
}

void send_idle_away(FrontDoor& door, std::size_t most) {
  const auto before = Clock::now() - door.worker.slot.current().limits->idle_kept;
  door.worker.counters.connections_sent_away.add(door.connections.send_away(most, before));
}

enum class Accepted : std::uint8_t { all, some, exhausted };

bool is_exhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/// `exhausted`: out of descriptors or memory.
Accepted accept_waiting(FrontDoor& door, int listener, Scheme scheme) {
  make_room(door);
  for (int i = 0; i < kMaxAccepts; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    auto& address = reinterpret_cast<sockaddr&>(peer);
    const int socket = ::accept4(listener, &address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (is_exhaustion(errno)) {
        // The kernel looks for a descriptor before it looks whether anybody waits: behind one who
        // was let in, nobody may.
        return i == 0 ? Accepted::exhausted : Accepted::some;
      }
      if (errno != EAGAIN) continue;  // that one has gone
      return Accepted::all;
    }
    const auto endpoint = to_endpoint(address);
    auto held = endpoint ? admit(door, endpoint->address) : std::nullopt;
    if (!held) {
      ::close(socket);
      continue;
    }
    VisitorConnection::begin(door, socket, endpoint->address, std::move(*held), scheme);
  }
  return Accepted::some;
}

}  // namespace

void make_room(FrontDoor& door) {
  const Crowd crowd = crowd_at(door);
  auto lacking = lacking_room(crowd.here - std::min(crowd.here, crowd.sent_away), crowd.most);
  // Who was sent away by HTTP/2 may stay for what it still asks: that keeps nobody else's place.
  if (crowd.here >= crowd.most) lacking = std::max<std::size_t>(lacking, 1);
  if (lacking == 0 || crowd.here == 0) return;
  // Other workers find their part of it.
  const auto own = door.connections.size() - door.connections.sent_away();
  const auto share = (lacking * own + crowd.here - 1) / crowd.here;
  send_idle_away(door, share);
}

void accept_all(FrontDoor& door, int listener, Scheme scheme) {
  int turns = kLongestQueue / kMaxAccepts;
  while (turns-- > 0 && accept_waiting(door, listener, scheme) == Accepted::some) {
  }
}

asio::awaitable<void> accept_visitors(FrontDoor& door, ListenerPtr listener, Scheme scheme) {
  while (listener->is_open()) {
    boost::system::error_code error;
    co_await listener->async_wait(asio::posix::descriptor_base::wait_read,
                                  asio::redirect_error(asio::use_awaitable, error));
    if (error || !listener->is_open()) co_return;
    const auto accepted = accept_waiting(door, listener->native_handle(), scheme);
    if (accepted != Accepted::exhausted) continue;
    send_idle_away(door, kMaxAccepts);
    co_await sleep_until(door.worker.loop, Clock::now() + kBreather);
  }
}

}  // namespace meridian::edge
