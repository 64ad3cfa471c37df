#include "controller/secrets/vault.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <openssl/rand.h>

#include "common/tls/certificate.h"
#include "controller/secrets/cookie_secrets.h"

namespace meridian::control {
namespace {

constexpr const char* kCookieSecret = "cookie-secret";
constexpr std::size_t kCookieSecretOctets = 16;

Result<std::string> make_cookie_secret() {
  std::string fresh(kCookieSecretOctets, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(fresh.data()), kCookieSecretOctets) != 1)
    return Error("cannot make a cookie secret: " + tls::last_error());
  return fresh;
}

Result<CookieSecrets> keep_cookie_secrets(SqliteStore& store, const Seal& seal, WallTime now) {
  const auto fresh = rotated({}, now, make_cookie_secret);
  if (!fresh) return fresh.error();
  const auto sealed = seal.close(kCookieSecret, pack(*fresh));
  if (!sealed) return sealed.error();
  const auto kept = store.keep_secret(kCookieSecret, *sealed);
  if (!kept) return kept.error();
  const auto opened = seal.open(kCookieSecret, *kept);
  if (!opened) return opened.error();
  auto secrets = unpack(*opened);
  if (!secrets) return at(kCookieSecret, secrets.error());
  return secrets;
}

Result<decltype(NodeSecrets::zone_keys)> open_zone_keys(SqliteStore& store, const Seal& seal) {
  const auto held = store.secrets();
  if (!held) return held.error();
  decltype(NodeSecrets::zone_keys) all;
  for (const auto& [name, sealed] : *held) {
    if (!name.starts_with(kZoneKeysPrefix)) continue;
    const auto opened = seal.open(name, sealed);
    if (!opened) return opened.error();
    auto keys = std::make_shared<v1::ZoneKeys>();
    if (!keys->ParseFromString(*opened)) return Error(name, "is damaged: it does not parse");
    auto zone = keys->zone();
    all.emplace(std::move(zone), std::move(keys));
  }
  return all;
}

v1::CookieSecret next_of(const CookieSecrets& secrets, WallTime now) {
  const auto later = std::find_if(secrets.begin(), secrets.end(), [&](const v1::CookieSecret& one) {
    return WallTime(std::chrono::seconds(one.sign_from())) > now;
  });
  return later == secrets.end() ? secrets.back() : *later;
}

}  // namespace

Result<NodeSecrets> open_secrets(SqliteStore& store, const Seal& seal, WallTime now) {
  auto cookie_secrets = keep_cookie_secrets(store, seal, now);
  if (!cookie_secrets) return cookie_secrets.error();
  auto zone_keys = open_zone_keys(store, seal);
  if (!zone_keys) return zone_keys.error();
  return NodeSecrets{std::move(*cookie_secrets), std::move(*zone_keys)};
}

Result<RotatedCookies> rotate_cookie_secret(Head& head, const Seal& seal, Rotation rotation,
                                            const ChangeOrigin& origin) {
  const auto change = [&](const NodeSecrets& held) -> Result<std::optional<SecretChange>> {
    const bool early = rotation == Rotation::early;
    if (!early && !is_rotation_due(held.cookie_secrets, origin.time))
      return std::optional<SecretChange>();
    auto next = early ? rotated_early(held.cookie_secrets, origin.time, make_cookie_secret)
                      : rotated(held.cookie_secrets, origin.time, make_cookie_secret);
    if (!next) return next.error();
    auto sealed = seal.close(kCookieSecret, pack(*next));
    if (!sealed) return sealed.error();
    SecretChange made;
    made.after = held;
    made.after.cookie_secrets = std::move(*next);
    made.sealed.push_back({kCookieSecret, std::move(*sealed)});
    made.comment = "a new secret for DNS cookies";
    return std::optional(std::move(made));
  };
  const auto holds = head.change_secrets(change, origin);
  if (!holds) return holds.error();
  return RotatedCookies{(*holds)->revision,
                        next_of((*holds)->secrets->cookie_secrets, origin.time)};
}

Result<Seal> load_seal(const std::filesystem::path& directory, const SqliteStore& store) {
  if (!Seal::exists(directory)) {
    const auto held = store.secrets();
    if (!held) return held.error();
    if (!held->empty())
      return Error((directory / "secrets-key").string(),
                   "is missing, but the store holds secrets sealed with it: put it back from a "
                   "backup");
  }
  return Seal::load_or_create(directory);
}

}  // namespace meridian::control
