// Any packet at any name, over both transports: the answer, if there is one, must be a message.
// Built with libFuzzer (preset fuzz), or with replay.cc, which runs the seeds through it.
#include <cstdlib>

#include "dns-steer/query/answer.h"
#include "dns-steer/query/test_answers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  using namespace meridian::dns;
  static const auto serving = dns::testing::serving_from(dns::testing::kShop);
  static std::vector<std::uint8_t> out(kMostTcpOctets);
  static WorkerState state(1);
  for (const auto transport : {Transport::udp, Transport::tcp}) {
    const Request request{{data, size}, IpAddress::v4(0xc6336407), transport};
    const auto room = transport == Transport::udp ? kMostUdpOctets : kMostTcpOctets;
    const auto answered = answer(request, *serving, state, Now{}, std::span(out).first(room));
    if (answered.size > room) std::abort();
    if (answered.rcode != Rcode::no_error && answered.rcode != Rcode::nx_domain) continue;
    const dns::testing::Packet message(out.begin(),
                                       out.begin() + static_cast<std::ptrdiff_t>(answered.size));
    if (dns::testing::describe(message) == "unreadable") std::abort();
  }
  return 0;
}
