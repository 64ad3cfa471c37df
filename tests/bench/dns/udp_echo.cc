// The floor of UDP sockets on this machine: receives in batches, sets the answer bit, sends back.
// One thread that blocks. Arguments: IP PORT.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/bench/dns/udp_socket.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_udp_echo IP PORT\n");
    return 2;
  }
  constexpr unsigned kBatch = 64;
  struct Message {
    std::array<unsigned char, 4096> octets;
    sockaddr_storage peer;
    iovec place;
  };
  const int socket = meridian::bench::bind_udp(argv[1], argv[2]);
  const auto messages = std::make_unique<std::array<Message, kBatch>>();
  std::array<mmsghdr, kBatch> batch{};
  for (;;) {
    for (unsigned i = 0; i < kBatch; ++i) {
      auto& message = (*messages)[i];
      message.place = {message.octets.data(), message.octets.size()};
      batch[i].msg_hdr = {&message.peer, sizeof message.peer, &message.place, 1, nullptr, 0, 0};
    }
    const int received = ::recvmmsg(socket, batch.data(), kBatch, MSG_WAITFORONE, nullptr);
    if (received <= 0) continue;
    for (int i = 0; i < received; ++i) {
      auto& message = (*messages)[static_cast<unsigned>(i)];
      message.octets[2] |= 0x80;
      message.place.iov_len = batch[static_cast<unsigned>(i)].msg_len;
    }
    if (::sendmmsg(socket, batch.data(), static_cast<unsigned>(received), 0) < 0) continue;
  }
}
