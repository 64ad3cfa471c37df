#include "dns-steer/transfer/notify.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "common/tsig/tsig.h"
#include "common/wire/wire_writer.h"
#include "dns-steer/query/message.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

constexpr std::chrono::seconds kFirstPause{2};  // doubled with each try
constexpr std::uint16_t kNotifyOpcode = 4 << 11;
constexpr std::uint16_t kRcode = 15;

}  // namespace

void NotifySchedule::serve(const Sharing& sharing, Instant now) {
  std::set<Whom> named;
  for (const auto& [number, zone] : sharing.zones) {
    for (const auto& peer : zone.notify) {
      const Whom whom{zone.name, peer.endpoint};
      named.insert(whom);
      auto& state = states_[whom];
      state.key = peer.key;
      if (state.serial == zone.serial) continue;
      state = {.serial = zone.serial, .key = peer.key, .tries = 0, .due = now};
    }
  }
  std::erase_if(states_, [&](const auto& entry) { return !named.contains(entry.first); });
}

std::optional<NotifySchedule::Message> NotifySchedule::due(Instant now) {
  for (auto& [whom, state] : states_) {
    if (!state.due || *state.due > now) continue;
    if (state.tries == kMostTries) {
      state.due.reset();
      ++given_up_;
      continue;
    }
    state.due = now + kFirstPause * (1 << state.tries++);
    return Message{whom, state.serial, state.key};
  }
  return {};
}

bool NotifySchedule::answered(const Whom& whom, std::uint32_t serial) {
  const auto found = states_.find(whom);
  if (found == states_.end() || found->second.serial != serial || !found->second.due) return false;
  found->second.due.reset();
  return true;
}

std::optional<Instant> NotifySchedule::next() const {
  std::optional<Instant> next;
  for (const auto& [whom, state] : states_) {
    if (state.due && (!next || *state.due < *next)) next = state.due;
  }
  return next;
}

std::size_t NotifySchedule::waiting() const {
  return static_cast<std::size_t>(std::count_if(
      states_.begin(), states_.end(), [](const auto& s) { return s.second.due.has_value(); }));
}

std::vector<std::uint8_t> notify_message(const std::string& zone, std::uint16_t id,
                                         const tsig::Key* key, std::uint64_t unix_seconds) {
  std::vector<std::uint8_t> buffer(kPlainUdpOctets + 512);
  WireWriter out(buffer);
  out.u16(id);
  out.u16(kNotifyOpcode | flag::kAuthoritative);
  out.u16(1);
  out.u16(0);
  out.u32(0);
  const auto name = zone::parse_name(zone);
  if (!name) return {};
  out.bytes({reinterpret_cast<const std::uint8_t*>(name->data()), name->size()});
  out.u16(rr::kSoa);
  out.u16(kClassIn);
  auto size = out.position();
  if (key != nullptr) {
    const tsig::Mac none;
    tsig::Mac mac;
    size = tsig::sign(*key, buffer, size, {.before = none, .now = unix_seconds}, mac);
  }
  buffer.resize(size);
  return buffer;
}

bool is_notify_answer(Bytes message, std::uint16_t id) {
  if (message.size() < kHeaderOctets) return false;
  WireReader reader(message);
  const auto got = reader.u16();
  const auto flags = reader.u16();
  return got == id && (flags & flag::kResponse) != 0 && (flags & flag::kOpcode) == kNotifyOpcode &&
         (flags & kRcode) == 0;
}

}  // namespace meridian::dns
