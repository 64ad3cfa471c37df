#include "dns-steer/steer/https_record.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

/// Edges a and b at port 443, c at 8443; one site.
Fleet fleet_with(std::vector<std::uint8_t> alpn) {
  Fleet fleet;
  for (const auto& [name, port] : {std::pair("a", 443), std::pair("b", 443), std::pair("c", 8443)})
    fleet.edges.push_back({.name = name, .addresses = {}, .https_port = std::uint16_t(port)});
  fleet.sites.emplace_back().https = HttpsRecord{std::move(alpn)};
  return fleet;
}

Candidate candidate(std::uint32_t edge, const char* address) {
  return {.address = parse_address(address).value(), .edge = edge};
}

std::string data(const Fleet& fleet, const std::vector<Candidate>& v4,
                 const std::vector<Candidate>& v6) {
  const auto pointers = [](const std::vector<Candidate>& all) {
    std::vector<const Candidate*> result;
    for (const auto& one : all) result.push_back(&one);
    return result;
  };
  std::array<std::uint8_t, kMostHttpsOctets> buffer;
  WireWriter out(buffer);
  write_https_data(out, fleet, 0, pointers(v4), pointers(v6));
  std::string hex;
  for (const auto octet : out.written()) {
    static constexpr char kDigits[] = "0123456789abcdef";
    hex += {kDigits[octet >> 4], kDigits[octet & 15]};
  }
  return hex;
}

TEST(HttpsRecord, HintsAtTheAddressesThatSteeringGives) {
  EXPECT_EQ(data(fleet_with({}), {}, {}), "000100");
  EXPECT_EQ(data(fleet_with({}), {candidate(0, "192.0.2.1"), candidate(1, "192.0.2.2")}, {}),
            "0001000004"
            "0008c0000201c0000202");
  EXPECT_EQ(data(fleet_with({0, 1, 0, 3, 2, 'h', '2'}), {candidate(0, "192.0.2.1")},
                 {candidate(0, "2001:db8::1")}),
            "00010000010003026832"
            "00040004c0000201"
            "0006001020010db8000000000000000000000001");
}

TEST(HttpsRecord, HasThePortOfTheFirstEdge) {
  EXPECT_EQ(data(fleet_with({}), {candidate(2, "192.0.2.3"), candidate(0, "192.0.2.1")}, {}),
            "00010000030002"
            "20fb00040004c0000203");
  EXPECT_EQ(data(fleet_with({}), {candidate(0, "192.0.2.1")}, {candidate(2, "2001:db8::3")}),
            "00010000040004c0000201");
  EXPECT_EQ(data(fleet_with({}), {candidate(kNoEdge, "192.0.2.9")}, {}), "00010000040004c0000209")
      << "a fixed address";
}

TEST(HttpsRecord, IsNeverLargerThanItsBound) {
  const std::vector<Candidate> v4(kMostAnswers, candidate(2, "192.0.2.3"));
  const std::vector<Candidate> v6(kMostAnswers, candidate(2, "2001:db8::3"));
  constexpr std::size_t kMostAlpn = 4 + 8 * 33;
  EXPECT_LE(data(fleet_with(std::vector<std::uint8_t>(kMostAlpn)), v4, v6).size() / 2,
            kMostHttpsOctets);
}

}  // namespace
}  // namespace meridian::dns
