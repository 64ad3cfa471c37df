#include "edge-node/origin/sticky.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

namespace meridian::edge {
namespace {

constexpr std::string_view kLabel = "meridian sticky cookie";
constexpr std::size_t kMacBytes = 16;
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Key = std::array<unsigned char, 32>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key derive_key(std::string_view secret) {
  Key key{};
  std::size_t size = key.size();
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
  EVP_PKEY_derive_init(context);
  EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256());
  EVP_PKEY_CTX_set1_hkdf_key(context, bytes_of(secret), static_cast<int>(secret.size()));
  EVP_PKEY_CTX_add1_hkdf_info(context, bytes_of(kLabel), static_cast<int>(kLabel.size()));
  EVP_PKEY_derive(context, key.data(), &size);
  EVP_PKEY_CTX_free(context);
  return key;
}

/// base64url without padding (RFC 4648 section 5).
std::string to_base64url(std::string_view bytes) {
  std::string text;
  unsigned bits = 0, held = 0;
  for (const char byte : bytes) {
    held = held << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[held >> (bits - 6) & 63];
  }
  if (bits > 0) text += kAlphabet[held << (6 - bits) & 63];
  return text;
}

}  // namespace

std::optional<std::size_t> StickyCookie::find(std::string_view value) const {
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    const auto found = std::find(key->values.begin(), key->values.end(), value);
    if (found != key->values.end()) return static_cast<std::size_t>(found - key->values.begin());
  }
  return std::nullopt;
}

std::string_view StickyCookie::value_of(std::size_t origin, WallTime now) const {
  if (keys.empty()) return {};
  const StickyCookie::Key* current = &keys.front();
  for (const StickyCookie::Key& key : keys)
    if (key.sign_from <= now) current = &key;
  return current->values[origin];
}

std::string StickyCookie::set_cookie(std::size_t origin, bool secure, WallTime now) const {
  std::string field = name + "=" + std::string(value_of(origin, now)) + "; Path=/; HttpOnly";
  if (secure) field += "; Secure";
  if (ttl.count() > 0) field += "; Max-Age=" + std::to_string(ttl.count());
  return field;
}

std::string sticky_value(std::string_view secret, std::string_view pool, std::string_view origin) {
  const Key key = derive_key(secret);
  std::string text(pool);
  text += '\n';  // in no resource's name
  text += origin;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       mac.data(), &size);
  return to_base64url({reinterpret_cast<const char*>(mac.data()), kMacBytes});
}

}  // namespace meridian::edge
