#include "controller/transfer/ask.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <openssl/rand.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/time.h"
#include "common/observe/log.h"
#include "controller/model/settle.h"

namespace meridian::control {
namespace {

constexpr std::chrono::seconds kStepTimeout{5};
constexpr std::chrono::seconds kTransferTimeout{120};
constexpr std::chrono::milliseconds kStopCheck{200};

std::uint64_t unix_now() {
  return static_cast<std::uint64_t>(WallClock::to_time_t(WallClock::now()));
}

std::uint16_t random_id() {
  std::uint16_t id = 0;
  (void)RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id);
  return id;
}

/// A connection that never waits longer than it may.
class Connection {
 public:
  explicit Connection(const std::atomic<bool>& stop) : stop_(stop) {}
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<void> open(const Endpoint& to) {
    end_ = Clock::now() + kTransferTimeout;
    sockaddr_storage address{};
    socklen_t size = 0;
    const auto octets = to.address.bytes();
    if (to.address.is_v4()) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(address);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(to.port);
      std::memcpy(&v4.sin_addr, octets.data(), octets.size());
      size = sizeof v4;
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(to.port);
      std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
      size = sizeof v6;
    }
    socket_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return system_error("no socket");
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0) return {};
    if (errno != EINPROGRESS) return system_error("cannot connect");
    if (auto ready = await(POLLOUT, "connect"); !ready) return ready;
    int error = 0;
    socklen_t error_size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &error_size);
    errno = error;
    return error == 0 ? Result<void>() : system_error("cannot connect");
  }

  Result<void> send(const std::vector<std::uint8_t>& message) {
    std::vector<std::uint8_t> framed{static_cast<std::uint8_t>(message.size() >> 8),
                                     static_cast<std::uint8_t>(message.size())};
    framed.insert(framed.end(), message.begin(), message.end());
    for (std::size_t sent = 0; sent < framed.size();) {
      const auto count = ::send(socket_, framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL);
      if (count > 0) {
        sent += static_cast<std::size_t>(count);
      } else if (errno == EAGAIN || errno == EINTR) {
        if (auto ready = await(POLLOUT, "take the query"); !ready) return ready;
      } else {
        return system_error("the connection broke");
      }
    }
    return {};
  }

  Result<std::vector<std::uint8_t>> receive() {
    std::vector<std::uint8_t> length(2);
    if (auto read = fill(length); !read) return read.error();
    std::vector<std::uint8_t> message(static_cast<std::size_t>(length[0] << 8 | length[1]));
    if (auto read = fill(message); !read) return read.error();
    return message;
  }

 private:
  static Error system_error(const std::string& what) {
    return Error(what + ": " + std::generic_category().message(errno));
  }

  Result<void> fill(std::vector<std::uint8_t>& into) {
    for (std::size_t got = 0; got < into.size();) {
      const auto count = ::recv(socket_, into.data() + got, into.size() - got, 0);
      if (count > 0) {
        got += static_cast<std::size_t>(count);
      } else if (count == 0) {
        return Error("it ended the connection before the answer was whole");
      } else if (errno == EAGAIN || errno == EINTR) {
        if (auto ready = await(POLLIN, "answer"); !ready) return ready;
      } else {
        return system_error("the connection broke");
      }
    }
    return {};
  }

  Result<void> await(short what, const char* doing) {
    const auto until = std::min(Clock::now() + kStepTimeout, end_);
    while (Clock::now() < until) {
      if (stop_) return Error("the controller stops");
      pollfd wait{socket_, what, 0};
      if (::poll(&wait, 1, static_cast<int>(kStopCheck.count())) > 0) return {};
    }
    return Error(std::string("it did not ") + doing + " in time");
  }

  const std::atomic<bool>& stop_;
  int socket_ = -1;
  Instant end_{};
};

/// One query and all that answers it.
Result<Incoming> ask(const PrimaryQuestion& question, TransferQuery::Type type,
                     const std::atomic<bool>& stop) {
  const auto* key = question.key ? &*question.key : nullptr;
  const auto held = question.held == nullptr ? 0 : question.held->serial();
  const TransferQuery query(question.apex, type, random_id(), key, unix_now(), held);
  Connection connection(stop);
  if (auto opened = connection.open(question.primary); !opened) return opened.error();
  if (auto sent = connection.send(query.message()); !sent) return sent.error();
  Incoming incoming(question.apex, query, key);
  while (true) {
    const auto message = connection.receive();
    if (!message) return message.error();
    const auto last = incoming.take(*message, unix_now());
    if (!last) return last.error();
    if (*last) return incoming;
  }
}

/// A primary may be several servers, and not all of them have the newest.
Result<void> check_newer(std::uint32_t serial, std::uint32_t held) {
  if (is_newer_serial(serial, held)) return {};
  return Error("its serial " + std::to_string(serial) + " is not newer than " +
               std::to_string(held) +
               ", which is held; `gslbctl zone refresh --force` takes it all the same");
}

/// What is held, brought up to date. The Error says why that cannot be.
Result<PrimaryAnswer> ask_for_steps(const PrimaryQuestion& question,
                                    const std::atomic<bool>& stop) {
  auto incoming = ask(question, TransferQuery::Type::ixfr, stop);
  if (!incoming) return incoming.error();
  if (auto newer = check_newer(incoming->serial(), question.held->serial()); !newer)
    return newer.error();
  PrimaryAnswer answer{incoming->serial(), incoming->take_records(), !incoming->is_whole()};
  if (incoming->is_whole()) return answer;
  auto records = take_steps(question.apex, *question.held, incoming->steps());
  if (!records) return records.error();
  for (auto& record : *records) answer.records.push_back(std::move(record));
  return answer;
}

}  // namespace

Result<PrimaryAnswer> ask_primary(const PrimaryQuestion& question, const std::atomic<bool>& stop) {
  const auto soa = ask(question, TransferQuery::Type::soa, stop);
  if (!soa) return soa.error();
  const bool must_be_newer = question.held != nullptr && !question.force;
  if (must_be_newer) {
    const auto held = question.held->serial();
    if (soa->serial() == held) return PrimaryAnswer{held, {}};
    if (auto newer = check_newer(soa->serial(), held); !newer) return newer.error();
  }
  if (must_be_newer && !question.whole) {
    auto updated = ask_for_steps(question, stop);
    if (updated) return updated;
    log::info("zone is transferred as a whole", {{"zone", zone::name_text(question.apex)},
                                                 {"primary", question.primary.text()},
                                                 {"reason", updated.error().text()}});
  }
  auto zone = ask(question, TransferQuery::Type::axfr, stop);
  if (!zone) return zone.error();
  if (must_be_newer) {
    if (auto newer = check_newer(zone->serial(), question.held->serial()); !newer)
      return newer.error();
  }
  return PrimaryAnswer{zone->serial(), zone->take_records()};
}

}  // namespace meridian::control
