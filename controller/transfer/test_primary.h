#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/address.h"
#include "common/wire/wire_writer.h"
#include "common/zone/data.h"

/// Messages of a primary of the zone shop.test, and one that sends them.
namespace meridian::control::testing {

using Message = std::vector<std::uint8_t>;

struct Rr {
  std::string owner;  // of records of a TestPrimary "@": the zone that is asked for
  std::uint16_t type;
  std::string rdata;
};
using Rrs = std::vector<Rr>;

inline Rr soa(std::uint32_t serial) {
  return {"shop.test", 6,
          zone::parse_data("ns1.shop.test. hostmaster.shop.test. " + std::to_string(serial) +
                               " 3600 600 1209600 60",
                           6, zone::parse_name("shop.test").value())
              .value()};
}

inline Rr nameserver() { return {"shop.test", 2, zone::parse_name("ns1.shop.test").value()}; }

inline Rr address(const std::string& owner) {
  return {owner, 1, std::string("\xc0\x00\x02\x01", 4)};
}

inline Message answer(std::uint16_t id, const Rrs& records, std::uint16_t flags = 0x8400,
                      const std::string& asked = {}) {
  Message message(60'000);
  WireWriter out(message);
  const auto put = [&out](const std::string& octets) {
    out.bytes({reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()});
  };
  out.u16(id);
  out.u16(flags);
  out.u16(0);
  out.u16(static_cast<std::uint16_t>(records.size()));
  out.u32(0);
  for (const auto& record : records) {
    put(record.owner == "@" ? asked : zone::parse_name(record.owner).value());
    out.u16(record.type);
    out.u16(1);
    out.u32(300);
    out.u16(static_cast<std::uint16_t>(record.rdata.size()));
    put(record.rdata);
  }
  message.resize(out.position());
  return message;
}

/// Answers each query of a type with one message, by TCP, on a thread of its own.
class TestPrimary {
 public:
  static constexpr std::uint16_t kSoa = 6, kIxfr = 251, kAxfr = 252;
  using Answers = std::map<std::uint16_t, Rrs>;  // by type of the query; others are NOTIMP

  explicit TestPrimary(Answers answers) : answers_(std::move(answers)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)::bind(socket_, generic, size);
    (void)::listen(socket_, 16);
    (void)::getsockname(socket_, generic, &size);
    endpoint_ = {IpAddress::v4(INADDR_LOOPBACK), ntohs(address.sin_port)};
    thread_ = std::thread([this] { run(); });
  }
  ~TestPrimary() {
    ::shutdown(socket_, SHUT_RDWR);  // ends the wait
    thread_.join();
    ::close(socket_);
  }
  TestPrimary(const TestPrimary&) = delete;
  TestPrimary& operator=(const TestPrimary&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }
  void answer_with(Answers answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }
  /// Types of the queries so far.
  std::vector<std::uint16_t> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  /// Until so many queries have come.
  void await_queries(std::size_t count) const {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return asked_.size() >= count; });
  }

 private:
  void run() {
    for (int client = 0; (client = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(client)) {
      Message query(512);
      const auto count = ::recv(client, query.data(), query.size(), 0);
      constexpr std::size_t kBegin = 2;  // behind the length
      constexpr std::size_t kName = kBegin + 12;
      if (count <= static_cast<ssize_t>(kName)) continue;
      const auto end = std::find(query.begin() + kName, query.end(), 0) + 1;
      if (query.end() - end < 4) continue;
      const auto message =
          answer_to(static_cast<std::uint16_t>(query[kBegin] << 8 | query[kBegin + 1]),
                    std::string(query.begin() + kName, end),
                    static_cast<std::uint16_t>(end[0] << 8 | end[1]));
      Message framed{static_cast<std::uint8_t>(message.size() >> 8),
                     static_cast<std::uint8_t>(message.size())};
      framed.insert(framed.end(), message.begin(), message.end());
      (void)::send(client, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
  }

  Message answer_to(std::uint16_t id, const std::string& name, std::uint16_t type) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(type);
    news_.notify_all();
    const auto found = answers_.find(type);
    return found == answers_.end() ? answer(id, {}, 0x8404)
                                   : answer(id, found->second, 0x8400, name);
  }

  mutable std::condition_variable news_;
  mutable std::mutex mutex_;  // guards what follows
  Answers answers_;
  std::vector<std::uint16_t> asked_;
  int socket_ = -1;
  Endpoint endpoint_;
  std::thread thread_;
};

}  // namespace meridian::control::testing
