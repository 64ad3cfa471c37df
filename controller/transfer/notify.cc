#include "controller/transfer/notify.h"

#include <algorithm>

#include "common/tsig/key.h"
#include "common/wire/wire_reader.h"
#include "common/zone/read_name.h"
#include "common/zone/records.h"

namespace meridian::control {
namespace {

constexpr std::size_t kHeaderOctets = 12;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kOpcode = 0x7800;
constexpr std::uint16_t kNotify = 4 << 11;
constexpr std::uint16_t kAuthoritative = 0x0400;
constexpr std::uint8_t kFormErr = 1;
constexpr std::uint8_t kNotImp = 4;
constexpr std::uint8_t kRefused = 5;
constexpr std::uint8_t kNotAuth = 9;

struct Question {
  std::string zone;        // lower case, without the dot at the end
  std::size_t octets = 0;  // of the message, header included
};

std::optional<Question> read_question(tsig::Bytes message) {
  WireReader reader(message);
  (void)reader.u32();
  if (reader.u16() != 1) return {};
  (void)reader.bytes(6);
  const auto name = zone::read_name(reader);
  (void)reader.u32();  // type, class
  if (!reader.ok() || name.empty()) return {};
  auto text = zone::name_text(name);
  if (text.size() > 1) text.pop_back();
  return Question{std::move(text), reader.position()};
}

/// Header and question, turned round.
std::vector<std::uint8_t> reply(tsig::Bytes message, std::size_t octets, std::uint8_t rcode) {
  std::vector<std::uint8_t> answer(message.begin(),
                                   message.begin() + static_cast<std::ptrdiff_t>(octets));
  const auto opcode = static_cast<std::uint16_t>((message[2] << 8 | message[3]) & kOpcode);
  const auto flags = static_cast<std::uint16_t>(kResponse | opcode | kAuthoritative | rcode);
  answer[2] = static_cast<std::uint8_t>(flags >> 8);
  answer[3] = static_cast<std::uint8_t>(flags);
  std::fill(answer.begin() + 4, answer.begin() + kHeaderOctets, std::uint8_t{0});
  if (octets > kHeaderOctets) answer[5] = 1;
  return answer;
}

/// The key of one of the zone's primaries that signed; its name is the record's.
std::optional<tsig::Key> key_of(const Configuration& configuration, const v1::Zone& zone,
                                const zone::WireName& name) {
  for (const auto& peer : zone.primaries()) {
    const auto* resource = configuration.find(v1::KIND_TSIG_KEY, peer.key());
    if (resource == nullptr) continue;
    auto key = tsig::parse_key(peer.key(), resource->tsig_key());
    if (key && key->name == name) return std::move(*key);
  }
  return {};
}

}  // namespace

NotifyAnswer take_notify(const Configuration& configuration, tsig::Bytes message,
                         const IpAddress& from, std::uint64_t unix_seconds) {
  NotifyAnswer result;
  if (message.size() < kHeaderOctets || (message[2] & 0x80) != 0) return result;
  const auto opcode = (message[2] << 8 | message[3]) & kOpcode;
  if (opcode != kNotify) {
    result.message = reply(message, kHeaderOctets, kNotImp);
    return result;
  }
  const auto question = read_question(message);
  if (!question) {
    result.message = reply(message, kHeaderOctets, kFormErr);
    return result;
  }
  const auto* resource = configuration.find(v1::KIND_ZONE, question->zone);
  if (resource == nullptr || resource->zone().primaries().empty()) {
    result.message = reply(message, question->octets, kNotAuth);
    return result;
  }
  const auto& zone = resource->zone();
  if (const auto at = tsig::find_signature(message)) {
    const auto signature = tsig::read_signature(message, *at);
    if (!signature) {
      result.message = reply(message, question->octets, kFormErr);
      return result;
    }
    const auto key = key_of(configuration, zone, signature->key);
    const auto verdict =
        key ? tsig::verify(*key, *signature, message, *at, {}, tsig::Scope::whole, unix_seconds)
            : tsig::Verdict::bad_key;
    const bool good = verdict == tsig::Verdict::good;
    auto answer = reply(message, question->octets, good ? 0 : kNotAuth);
    const auto size = answer.size();
    answer.resize(size + 1024);
    tsig::Mac mac;
    answer.resize(
        good ? tsig::sign(*key, answer, size, {.before = signature->mac, .now = unix_seconds}, mac)
             : tsig::refuse(*signature, verdict, answer, size));
    result.message = std::move(answer);
    if (good) result.zone = question->zone;
    return result;
  }
  const bool known =
      std::any_of(zone.primaries().begin(), zone.primaries().end(), [&](const auto& peer) {
        const auto address = parse_address(peer.address());
        return address && *address == from;
      });
  result.message = reply(message, question->octets, known ? 0 : kRefused);
  if (known) result.zone = question->zone;
  return result;
}

}  // namespace meridian::control
