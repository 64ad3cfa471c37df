#include "controller/secrets/seal.h"

#include <algorithm>
#include <memory>
#include <span>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/disk/file.h"
#include "common/tls/certificate.h"

namespace meridian::control {
namespace {

using ContextPtr =
    std::unique_ptr<EVP_CIPHER_CTX, decltype([](EVP_CIPHER_CTX* c) { EVP_CIPHER_CTX_free(c); })>;

// A sealed secret: the form's number, the nonce, the cipher text, the tag. Nonces are random: 96
// bits are enough for the 2^32 secrets that one key may seal (NIST SP 800-38D section 8.3).
constexpr char kForm = 1;
constexpr std::size_t kNonceOctets = 12;
constexpr std::size_t kTagOctets = 16;
constexpr std::size_t kKeyOctets = 32;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::filesystem::path key_file(const std::filesystem::path& directory) {
  return directory / "secrets-key";
}

}  // namespace

bool Seal::exists(const std::filesystem::path& directory) {
  std::error_code ignored;  // what cannot be read fails where it is read
  return std::filesystem::exists(key_file(directory), ignored);
}

Result<Seal> Seal::load_or_create(const std::filesystem::path& directory) {
  const auto file = key_file(directory);
  std::array<std::uint8_t, kKeyOctets> key;
  if (exists(directory)) {
    const auto held = read_file(file, 1 << 10);
    if (!held) return held.error();
    if (held->size() != key.size())
      return Error(file.string(), "is not a key of 32 bytes; put it back from a backup");
    std::copy(held->begin(), held->end(), key.begin());
    return Seal(key);
  }
  if (RAND_bytes(key.data(), key.size()) != 1)
    return Error("cannot make a key: " + tls::last_error());
  const std::string_view content(reinterpret_cast<const char*>(key.data()), key.size());
  if (const auto written = write_file_atomically(file, content, 0600); !written)
    return written.error();
  return Seal(key);
}

Result<std::string> Seal::close(std::string_view name, std::string_view secret) const {
  std::string sealed(1 + kNonceOctets + secret.size() + kTagOctets, kForm);
  auto* nonce = octets(sealed) + 1;
  auto* body = nonce + kNonceOctets;
  const ContextPtr context(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      context && RAND_bytes(nonce, kNonceOctets) == 1 &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &size, octets(name),
                        static_cast<int>(name.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), body, &size, octets(secret),
                        static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), body + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagOctets, body + secret.size()) ==
          1;
  if (!done) return Error("cannot seal a secret: " + tls::last_error());
  return sealed;
}

Result<std::string> Seal::open(std::string_view name, std::string_view sealed) const {
  constexpr auto kAround = 1 + kNonceOctets + kTagOctets;
  if (sealed.size() < kAround || sealed[0] != kForm)
    return Error(std::string(name), "is not a sealed secret that this version knows");
  std::string secret(sealed.size() - kAround, '\0');
  const auto* nonce = octets(sealed) + 1;
  const auto* body = nonce + kNonceOctets;
  std::string tag(sealed.substr(sealed.size() - kTagOctets));
  const ContextPtr context(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool genuine =
      context &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, octets(name),
                        static_cast<int>(name.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), octets(secret), &size, body,
                        static_cast<int>(secret.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagOctets, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), octets(secret) + size, &size) == 1;
  if (genuine) return secret;
  (void)tls::last_error();
  return Error(std::string(name),
               "was sealed with another key, or damaged: put secrets-key and the store back from "
               "the same backup");
}

}  // namespace meridian::control
