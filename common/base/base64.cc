#include "common/base/base64.h"

#include <openssl/evp.h>

namespace meridian {

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') plain += c;
  if (plain.empty()) return std::string();
  const std::size_t padding = plain.size() - (plain.find_last_not_of('=') + 1);
  if (plain.size() % 4 != 0 || padding > 2 || plain.find('=') < plain.size() - padding)
    return std::nullopt;
  std::string bytes(plain.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(plain.data()),
                                   static_cast<int>(plain.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace meridian
