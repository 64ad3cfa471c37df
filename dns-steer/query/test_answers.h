#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dns-steer/query/answer.h"
#include "meridian/v1/distribution.pb.h"

/// For tests: revisions from YAML, questions as packets, and answers read by ldns.
namespace meridian::dns::testing {

using Packet = std::vector<std::uint8_t>;

/// Compiled from the documents of `yaml`; without databases, every client's place is unknown but
/// for overrides.
std::shared_ptr<const Serving> serving_from(
    const std::string& yaml, const HealthView& view = {},
    const std::vector<std::filesystem::path>& databases = {});

/// As serving_from() does it for zones with `sign`: with one key, or two, in use. Nothing is signed
/// ahead: see signed_ahead().
v1::ZoneKeys keys_for(const std::string& zone, const v1::ZoneSigning& signing);
/// The same with all signatures made ahead at kTestTime.
std::shared_ptr<const Serving> signed_ahead(const std::shared_ptr<const Serving>& serving,
                                            const HealthView& view = {});

/// A zone, three locations with an edge each, and a site; what most tests ask.
extern const char kShop[];

struct Question {
  std::string name{};
  std::uint16_t type = 1;
  std::uint16_t qclass = 1;
  std::uint16_t flags = 0;
  /// OPT record: its UDP size, version, flags; options in wire form. Left out if `edns` is false.
  bool edns = false;
  std::uint16_t udp_size = 1232;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  bool compact_ok = false;
  std::string options{};
};

Packet packet(const Question& question);
/// The option Client Subnet with these fields.
std::string subnet_option(std::uint16_t family, std::uint8_t source, const std::string& octets,
                          std::uint8_t scope = 0);

/// What is sent back to `client`; empty: nothing.
Packet ask(const Serving& serving, const Packet& query, Transport transport = Transport::udp,
           const std::string& client = "192.0.2.1");
/// The same at a given time, by a worker that remembers.
inline constexpr std::uint32_t kTestTime = 1'800'000'000;
Packet ask(const Serving& serving, WorkerState& state, const Now& now, const Packet& query,
           Transport transport = Transport::udp, const std::string& client = "192.0.2.1");

/// kShop, answered with these settings.
std::shared_ptr<const Serving> serving_with(const AnswerSettings& settings);

/// A message as text, read by ldns: RCODE and flags, then a line for each record:
/// "NOERROR aa", "answer www.shop.test. 20 IN A 192.0.2.1". "unreadable" if ldns refuses it.
std::string describe(const Packet& message);
/// The data of an EDNS option of the answer in hexadecimal, or "none".
std::string option_of(const Packet& message, std::uint16_t code);
/// The same as it is; empty: the answer has no such option.
std::string option_bytes(const Packet& message, std::uint16_t code);
/// An EDNS option in wire form.
std::string edns_option(std::uint16_t code, const std::string& data);

/// The scope of the answer's option Client Subnet; -1: it has none.
int scope_of(const Packet& message);

}  // namespace meridian::dns::testing
