// Asks a DNS server over UDP and counts: a fixed number of queries is always under way, each answer
// brings the next query. Writes one JSON object.
//
//   bench_dns_load IP PORT QUERIES SECONDS WINDOW SOCKETS
//
// QUERIES: a file of messages, each behind its length (2 octets, big-endian); asked in turn. A
// query without an answer for 200 ms counts as lost.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <poll.h>

#include "tests/bench/dns/udp_socket.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned kBatch = 64;
constexpr std::chrono::milliseconds kPatience{200};

struct Queries {
  std::string octets;
  std::vector<std::span<const char>> all;
};

Queries read_queries(const char* path) {
  Queries queries;
  std::ifstream file(path, std::ios::binary);
  queries.octets.assign(std::istreambuf_iterator<char>(file), {});
  const std::span<const char> rest(queries.octets);
  for (std::size_t at = 0; at + 2 < rest.size();) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rest[at]) << 8 |
                                               static_cast<unsigned char>(rest[at + 1]));
    queries.all.push_back(rest.subspan(at + 2, size));
    at += 2 + size;
  }
  if (queries.all.empty()) {
    std::fprintf(stderr, "%s holds no queries\n", path);
    std::exit(2);
  }
  return queries;
}

struct Totals {
  std::uint64_t sent = 0, answers = 0, lost = 0, octets = 0;
  std::array<std::uint64_t, 16> rcodes{};
  std::vector<std::uint32_t> nanoseconds;  // one in sixteen
};

/// A connected socket and its share of the window. The message's ID is the number of its slot.
class Asker {
 public:
  Asker(const sockaddr_in& server, unsigned window, const Queries& queries, std::size_t first)
      : queries_(queries), next_(first), sent_at_(window) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int size = 4 << 20;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    for (unsigned i = 0; i < window; ++i) free_.push_back(static_cast<std::uint16_t>(i));
  }

  int socket() const { return socket_; }

  void ask(Totals& totals) {
    while (!free_.empty()) {
      const auto count = std::min<std::size_t>(free_.size(), kBatch);
      const auto now = Clock::now();
      for (std::size_t i = 0; i < count; ++i) {
        const auto query = queries_.all[next_++ % queries_.all.size()];
        const auto id = free_[free_.size() - 1 - i];
        auto& message = out_[i];
        std::memcpy(message.data(), query.data(), query.size());
        message[0] = static_cast<char>(id >> 8);
        message[1] = static_cast<char>(id);
        places_[i] = {message.data(), query.size()};
        batch_[i].msg_hdr = {nullptr, 0, &places_[i], 1, nullptr, 0, 0};
        sent_at_[id] = now;
      }
      const int sent = ::sendmmsg(socket_, batch_.data(), static_cast<unsigned>(count), 0);
      if (sent <= 0) return;
      free_.resize(free_.size() - static_cast<std::size_t>(sent));
      totals.sent += static_cast<std::uint64_t>(sent);
    }
  }

  bool listen(Totals& totals) {
    for (unsigned i = 0; i < kBatch; ++i) {
      places_[i] = {in_[i].data(), in_[i].size()};
      batch_[i].msg_hdr = {nullptr, 0, &places_[i], 1, nullptr, 0, 0};
    }
    const int received = ::recvmmsg(socket_, batch_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (received <= 0) return false;
    const auto now = Clock::now();
    for (unsigned i = 0; i < static_cast<unsigned>(received); ++i) {
      const auto* octets = reinterpret_cast<const unsigned char*>(in_[i].data());
      const auto id = static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
      if (id >= sent_at_.size() || sent_at_[id] == Clock::time_point{}) continue;  // late
      ++totals.answers;
      totals.octets += batch_[i].msg_len;
      ++totals.rcodes[octets[3] & 15];
      if (totals.answers % 16 == 0)
        totals.nanoseconds.push_back(static_cast<std::uint32_t>((now - sent_at_[id]).count()));
      sent_at_[id] = {};
      free_.push_back(id);
    }
    return true;
  }

  void give_up(Totals& totals) {
    const auto now = Clock::now();
    for (std::size_t id = 0; id < sent_at_.size(); ++id) {
      if (sent_at_[id] == Clock::time_point{} || now - sent_at_[id] < kPatience) continue;
      sent_at_[id] = {};
      free_.push_back(static_cast<std::uint16_t>(id));
      ++totals.lost;
    }
  }

 private:
  const Queries& queries_;
  int socket_ = -1;
  std::size_t next_;
  std::vector<Clock::time_point> sent_at_;  // zero: not under way
  std::vector<std::uint16_t> free_;
  std::array<std::array<char, 512>, kBatch> out_;
  std::array<std::array<char, 4096>, kBatch> in_;
  std::array<iovec, kBatch> places_;
  std::array<mmsghdr, kBatch> batch_{};
};

double percentile(std::vector<std::uint32_t>& samples, double share) {
  if (samples.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at),
                   samples.end());
  return samples[at] / 1000.0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: bench_dns_load IP PORT QUERIES SECONDS WINDOW SOCKETS\n");
    return 2;
  }
  const auto server = meridian::bench::ipv4(argv[1], argv[2]);
  const auto queries = read_queries(argv[3]);
  const auto seconds = std::chrono::duration<double>(std::atof(argv[4]));
  const auto sockets = static_cast<unsigned>(std::clamp(std::atoi(argv[6]), 1, 256));
  const auto window = static_cast<unsigned>(std::clamp(std::atoi(argv[5]), 1, 65'536));

  std::vector<Asker> askers;
  askers.reserve(sockets);
  std::vector<pollfd> polled;
  for (unsigned i = 0; i < sockets; ++i) {
    const auto share = std::max(1u, window / sockets);
    askers.emplace_back(server, share, queries, queries.all.size() / sockets * i);
    polled.push_back({askers.back().socket(), POLLIN, 0});
  }
  Totals totals;
  const auto began = Clock::now();
  auto looked = began;
  for (auto now = began; now - began < seconds; now = Clock::now()) {
    bool any = false;
    for (auto& asker : askers) {
      any |= asker.listen(totals);
      asker.ask(totals);
    }
    if (!any) ::poll(polled.data(), polled.size(), 50);
    if (now - looked < kPatience) continue;
    looked = now;
    for (auto& asker : askers) asker.give_up(totals);
  }
  const std::chrono::duration<double> took = Clock::now() - began;
  std::printf(
      "{\"seconds\": %.4f, \"sent\": %llu, \"answers\": %llu, \"lost\": %llu, \"octets\": %llu, "
      "\"p50_us\": %.1f, \"p99_us\": %.1f, \"rcodes\": [",
      took.count(), static_cast<unsigned long long>(totals.sent),
      static_cast<unsigned long long>(totals.answers), static_cast<unsigned long long>(totals.lost),
      static_cast<unsigned long long>(totals.octets), percentile(totals.nanoseconds, 0.5),
      percentile(totals.nanoseconds, 0.99));
  for (std::size_t i = 0; i < totals.rcodes.size(); ++i)
    std::printf("%s%llu", i == 0 ? "" : ", ", static_cast<unsigned long long>(totals.rcodes[i]));
  std::printf("]}\n");
}
