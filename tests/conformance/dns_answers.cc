// Answers queries as a dns-steer that serves the given configuration would, without network: each
// line of the input is `udp` or `tcp` and a query in hexadecimal, each line of the output the
// answer in hexadecimal, or `-` if none is sent. For comparisons with other servers.
#include <fstream>
#include <iostream>
#include <sstream>

#include "dns-steer/query/test_answers.h"

namespace {

using meridian::dns::testing::Packet;

Packet from_hex(const std::string& digits) {
  Packet octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    octets.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return octets;
}

std::string to_hex(const Packet& octets) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (const auto octet : octets) digits += {kDigits[octet >> 4], kDigits[octet & 15]};
  return digits.empty() ? "-" : digits;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace meridian;
  using namespace meridian::dns;
  if (argc != 2) {
    std::cerr << "usage: dns_answers CONFIGURATION.yaml\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  std::stringstream yaml;
  yaml << file.rdbuf();
  const auto serving = dns::testing::serving_from(yaml.str());
  for (std::string transport, query; std::cin >> transport >> query;)
    std::cout << to_hex(dns::testing::ask(*serving, from_hex(query),
                                          transport == "tcp" ? Transport::tcp : Transport::udp))
              << std::endl;
  return 0;
}
