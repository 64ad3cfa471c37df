#include "controller/secrets/cookie_secrets.h"

#include <algorithm>
#include <array>

#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"

namespace meridian::control {
namespace {

constexpr std::size_t kSecretOctets = 16;
constexpr std::size_t kPackedOctets = kSecretOctets + 8;

std::uint64_t seconds(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

/// Adds one that is in force from `from` on.
Result<void> add(CookieSecrets& secrets, WallTime from, const MakeSecret& make) {
  auto secret = make();
  if (!secret) return secret.error();
  auto& added = secrets.emplace_back();
  added.set_secret(std::move(*secret));
  added.set_sign_from(seconds(from));
  return {};
}

WallTime begin_of(const v1::CookieSecret& secret) {
  return WallTime(std::chrono::seconds(secret.sign_from()));
}

/// Those that had come into force at `now`: the last one and the one before it. By a clock that was
/// set back none had: then the first.
CookieSecrets in_force(const CookieSecrets& secrets, WallTime now) {
  auto later = std::find_if(secrets.begin(), secrets.end(), [&](const v1::CookieSecret& one) {
    return one.sign_from() > seconds(now);
  });
  if (later == secrets.begin() && !secrets.empty()) ++later;
  const auto kept = std::min<std::ptrdiff_t>(later - secrets.begin(), 2);
  return {later - kept, later};
}

}  // namespace

bool is_rotation_due(const CookieSecrets& secrets, WallTime now) {
  return secrets.empty() || secrets.back().sign_from() <= seconds(now);
}

Result<CookieSecrets> rotated(const CookieSecrets& secrets, WallTime now, const MakeSecret& make) {
  auto next = in_force(secrets, now);
  if (next.empty()) {
    if (auto added = add(next, now, make); !added) return added.error();
  }
  // Whoever was switched off for long keeps its secret no longer than it takes to tell the nodes.
  const auto due = begin_of(next.back()) + kCookieSecretLife;
  if (auto added = add(next, std::max(due, now + kCookieSecretLead), make); !added)
    return added.error();
  return next;
}

Result<CookieSecrets> rotated_early(const CookieSecrets& secrets, WallTime now,
                                    const MakeSecret& make) {
  auto next = in_force(secrets, now);
  const auto from = (next.empty() ? now : std::max(now, begin_of(next.back()))) + kCookieSecretLead;
  if (auto added = add(next, from, make); !added) return added.error();
  if (auto added = add(next, from + kCookieSecretLife, make); !added) return added.error();
  return next;
}

std::string pack(const CookieSecrets& secrets) {
  std::string packed;
  for (const auto& one : secrets) {
    std::array<std::uint8_t, 8> from{};
    WireWriter(from).u64(one.sign_from());
    packed += one.secret();
    packed.append(from.begin(), from.end());
  }
  return packed;
}

Result<CookieSecrets> unpack(std::string_view packed) {
  CookieSecrets secrets;
  if (packed.size() == kSecretOctets) {  // the form of the first versions: one, without a time
    secrets.emplace_back().set_secret(std::string(packed));
    return secrets;
  }
  if (packed.empty() || packed.size() % kPackedOctets != 0)
    return Error("is damaged: it has " + std::to_string(packed.size()) + " bytes");
  WireReader reader({reinterpret_cast<const std::uint8_t*>(packed.data()), packed.size()});
  while (reader.remaining() > 0) {
    const auto secret = reader.bytes(kSecretOctets);
    auto& one = secrets.emplace_back();
    one.set_secret(std::string(secret.begin(), secret.end()));
    one.set_sign_from(reader.u64());
  }
  return secrets;
}

}  // namespace meridian::control
