#include "dns-steer/transfer/notify.h"

#include <chrono>
#include <utility>

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

void NotifySchedule::serve(const Sharing& sharing, Instant now, const IsReady& is_ready) {
  ++served_;
  for (const auto& [number, zone] : sharing.zones) {
    const bool ready = zone.notify.empty() || is_ready(number);
    for (const auto& peer : zone.notify) {
      const auto entry = states_.try_emplace({zone.name, peer.endpoint}).first;
      auto& state = entry->second;
      state.named = served_;
      state.key = peer.key;
      if (!ready || state.serial == zone.serial) continue;
      state.serial = zone.serial;
      state.tries = 0;
      set_due(entry, now);
    }
  }
  for (auto entry = states_.begin(); entry != states_.end();) {
    const auto here = entry++;
    if (here->second.named == served_) continue;
    set_due(here, {});
    states_.erase(here);
  }
}

void NotifySchedule::set_due(States::iterator entry, std::optional<Instant> due) {
  if (entry->second.due) queue_.erase(entry);
  entry->second.due = due;
  if (due) queue_.insert(entry);
}

std::optional<NotifySchedule::Message> NotifySchedule::due(Instant now) {
  while (!queue_.empty()) {
    const auto entry = *queue_.begin();
    auto& state = entry->second;
    if (*state.due > now) return {};
    if (state.tries < kMostTries) {
      set_due(entry, now + kFirstPause * (1 << state.tries++));
      return Message{entry->first, state.serial, state.key};
    }
    set_due(entry, {});
    ++given_up_;
  }
  return {};
}

bool NotifySchedule::answered(const Whom& whom, std::uint32_t serial) {
  const auto found = states_.find(whom);
  if (found == states_.end() || found->second.serial != serial || !found->second.due) return false;
  set_due(found, {});
  return true;
}

std::optional<Instant> NotifySchedule::next() const {
  if (queue_.empty()) return {};
  return (*queue_.begin())->second.due;
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

std::optional<NotifyAnswer> read_notify_answer(Bytes message) {
  WireReader reader(message);
  const auto id = reader.u16();
  const auto flags = reader.u16();
  const bool yes = (flags & flag::kResponse) != 0 && (flags & flag::kOpcode) == kNotifyOpcode &&
                   (flags & kRcode) == 0;
  if (!yes || reader.u16() != 1) return {};
  (void)reader.bytes(6);  // the other counts
  LookupName name;
  if (!name.read(reader)) return {};
  const auto octets = name.suffix(0);
  auto text = zone::name_text({reinterpret_cast<const char*>(octets.data()), octets.size()});
  if (text.size() > 1) text.pop_back();  // the dot at its end
  return NotifyAnswer{id, std::move(text)};
}

}  // namespace meridian::dns
