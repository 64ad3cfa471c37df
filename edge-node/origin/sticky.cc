#include "edge-node/origin/sticky.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base/derive.h"

namespace meridian::edge {
namespace {

constexpr std::string_view kLabel = "meridian sticky cookie";
constexpr std::size_t kMacBytes = 16;
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
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
  const std::string key = derive(secret, kLabel, 32);
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
