#include "controller/model/settle.h"

#include <chrono>
#include <string>
#include <utility>

namespace meridian::control {
namespace {

std::string without_serial(const v1::Zone& zone) {
  auto copy = zone;
  copy.clear_serial();
  return copy.SerializeAsString();
}

/// What is declared counts only if it is newer: a file that is applied again must not take a serial
/// back.
void settle_serial(const v1::Zone* before, v1::Zone& zone, WallTime now) {
  const auto held = before == nullptr ? 0 : before->serial();
  const bool declared = zone.serial() != 0 && (held == 0 || is_newer_serial(zone.serial(), held));
  if (declared) return;
  const bool same = before != nullptr && without_serial(*before) == without_serial(zone);
  zone.set_serial(same ? held : next_serial(held, now));
}

}  // namespace

bool is_newer_serial(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < std::uint32_t{1} << 31;
}

std::uint32_t next_serial(std::uint32_t held, WallTime now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto wanted = static_cast<std::uint32_t>(seconds.count());
  const bool progress = wanted != 0 && (held == 0 || is_newer_serial(wanted, held));
  const auto next = progress ? wanted : held + 1;
  return next == 0 ? 1 : next;  // 0 says that there is none yet
}

void settle(const Configuration& base, Configuration& next, const std::set<ResourceId>& touched,
            WallTime now) {
  for (const auto& id : touched) {
    const auto* after = next.find(id.first, id.second);
    if (id.first != v1::KIND_ZONE || after == nullptr) continue;
    const auto* before = base.find(id.first, id.second);
    auto resource = *after;
    settle_serial(before == nullptr ? nullptr : &before->zone(), *resource.mutable_zone(), now);
    next.upsert(std::move(resource));
  }
}

}  // namespace meridian::control
