#include "controller/secrets/vault.h"

#include <openssl/rand.h>

#include "common/tls/certificate.h"

namespace meridian::control {
namespace {

constexpr const char* kCookieSecret = "cookie-secret";
constexpr std::size_t kCookieSecretOctets = 16;

Result<std::string> keep_cookie_secret(SqliteStore& store, const Seal& seal) {
  std::string fresh(kCookieSecretOctets, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(fresh.data()), kCookieSecretOctets) != 1)
    return Error("cannot make a cookie secret: " + tls::last_error());
  const auto sealed = seal.close(kCookieSecret, fresh);
  if (!sealed) return sealed.error();
  const auto kept = store.keep_secret(kCookieSecret, *sealed);
  if (!kept) return kept.error();
  return seal.open(kCookieSecret, *kept);
}

}  // namespace

Result<NodeSecrets> open_secrets(SqliteStore& store, const Seal& seal) {
  auto cookie_secret = keep_cookie_secret(store, seal);
  if (!cookie_secret) return cookie_secret.error();
  return NodeSecrets{std::move(*cookie_secret)};
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
