#include "controller/secrets/vault.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <openssl/rand.h>

#include "common/tls/certificate.h"
#include "controller/secrets/cookie_secrets.h"

namespace meridian::control {
namespace {

constexpr std::size_t kSecretOctets = 16;

/// Secrets that replace each other as time goes by.
struct Rotating {
  const char* name;     // in the store
  const char* comment;  // in the history
  CookieSecrets NodeSecrets::*list;
};
constexpr Rotating kDnsCookies{"cookie-secret", "a new secret for DNS cookies",
                               &NodeSecrets::cookie_secrets};
constexpr Rotating kStickyCookies{"edge-secret", "a new secret for sticky cookies",
                                  &NodeSecrets::edge_secrets};

Result<std::string> make_secret() {
  std::string fresh(kSecretOctets, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(fresh.data()), kSecretOctets) != 1)
    return Error("cannot make a secret: " + tls::last_error());
  return fresh;
}

Result<CookieSecrets> keep(const Rotating& which, SqliteStore& store, const Seal& seal,
                           WallTime now) {
  const auto fresh = rotated({}, now, make_secret);
  if (!fresh) return fresh.error();
  const auto sealed = seal.close(which.name, pack(*fresh));
  if (!sealed) return sealed.error();
  const auto kept = store.keep_secret(which.name, *sealed);
  if (!kept) return kept.error();
  const auto opened = seal.open(which.name, *kept);
  if (!opened) return opened.error();
  auto secrets = unpack(*opened);
  if (!secrets) return at(which.name, secrets.error());
  return secrets;
}

/// Adds to `change` that `which` becomes `next`.
Result<void> replace(const Rotating& which, Result<CookieSecrets> next, const Seal& seal,
                     SecretChange& change) {
  if (!next) return next.error();
  auto sealed = seal.close(which.name, pack(*next));
  if (!sealed) return sealed.error();
  change.after.*which.list = std::move(*next);
  change.sealed.push_back({which.name, std::move(*sealed)});
  change.comment += (change.comment.empty() ? "" : "; ") + std::string(which.comment);
  return {};
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
  NodeSecrets secrets;
  for (const auto& which : {kDnsCookies, kStickyCookies}) {
    auto kept = keep(which, store, seal, now);
    if (!kept) return kept.error();
    secrets.*which.list = std::move(*kept);
  }
  auto zone_keys = open_zone_keys(store, seal);
  if (!zone_keys) return zone_keys.error();
  secrets.zone_keys = std::move(*zone_keys);
  return secrets;
}

Result<Revision> rotate_due_secrets(Head& head, const Seal& seal, const ChangeOrigin& origin) {
  const auto change = [&](const NodeSecrets& held) -> Result<std::optional<SecretChange>> {
    SecretChange made;
    made.after = held;
    for (const auto& which : {kDnsCookies, kStickyCookies}) {
      if (!is_rotation_due(held.*which.list, origin.time)) continue;
      auto next = rotated(held.*which.list, origin.time, make_secret);
      if (auto done = replace(which, std::move(next), seal, made); !done) return done.error();
    }
    if (made.sealed.empty()) return std::optional<SecretChange>();
    return std::optional(std::move(made));
  };
  const auto holds = head.change_secrets(change, origin);
  if (!holds) return holds.error();
  return (*holds)->revision;
}

Result<RotatedCookies> rotate_cookie_secret(Head& head, const Seal& seal,
                                            const ChangeOrigin& origin) {
  const auto change = [&](const NodeSecrets& held) -> Result<std::optional<SecretChange>> {
    SecretChange made;
    made.after = held;
    auto next = rotated_early(held.cookie_secrets, origin.time, make_secret);
    if (auto done = replace(kDnsCookies, std::move(next), seal, made); !done) return done.error();
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
