// Any packet at any name, over all transports and with different settings (the second octet, of
// the query's number, says which): the answer, if there is one, must be a message, and by UDP not
// much longer than its query.
#include <array>
#include <chrono>

#include "dns-steer/query/answer.h"
#include "dns-steer/query/test_answers.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::dns;
using fuzz::require;

AnswerSettings open_settings() {
  AnswerSettings settings;
  settings.nsid = "dns-1";
  settings.chaos_id = "dns-1";
  settings.chaos_version = "Meridian";
  settings.amplification = 0;
  settings.udp_octets = kMostUdpOctets;
  return settings;
}

AnswerSettings strict_settings() {
  AnswerSettings settings;
  settings.amplification = 2;
  settings.demand_cookies = true;
  settings.udp_octets = kPlainUdpOctets;
  return settings;
}

AnswerSettings limited_settings() {
  AnswerSettings settings;
  settings.cookies = false;
  settings.amplification = 1;
  settings.rate_limits.interval = std::chrono::milliseconds(1);
  return settings;
}

const Serving& serving_for(std::uint8_t octet) {
  static const std::array all{dns::testing::serving_from(dns::testing::kShop),
                              dns::testing::serving_with(open_settings()),
                              dns::testing::serving_with(strict_settings()),
                              dns::testing::serving_with(limited_settings())};
  return *all[octet % all.size()];
}

/// The most that a forger gets for his query: records within the bound, or a message without any.
void check_amplification(const Serving& serving, std::size_t query, Bytes answer) {
  const auto most = serving.snapshot->settings.amplification;
  if (most == 0 || answer.size() <= query * most) return;
  const bool empty = answer[6] == 0 && answer[7] == 0 && answer[8] == 0 && answer[9] == 0;
  require(empty && answer[10] == 0 && answer[11] <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::vector<std::uint8_t> out(kMostTcpOctets);
  static WorkerState state(1);
  const auto& serving = serving_for(size < 2 ? 0 : data[1]);
  for (const auto transport : {Transport::udp, Transport::tcp, Transport::tls}) {
    const Request request{
        {data, size}, IpAddress::v4(0xc6336407), transport, std::chrono::seconds(10)};
    const auto room = transport == Transport::udp ? kMostUdpOctets : kMostTcpOctets;
    const auto answered = answer(request, serving, state, Now{}, std::span(out).first(room));
    require(answered.size <= room);
    const auto message = Bytes(out).first(answered.size);
    if (transport == Transport::udp && answered.size > 0 && !answered.cookie)
      check_amplification(serving, size, message);
    if (answered.rcode != Rcode::no_error && answered.rcode != Rcode::nx_domain) continue;
    require(dns::testing::describe({message.begin(), message.end()}) != "unreadable");
  }
  return 0;
}
