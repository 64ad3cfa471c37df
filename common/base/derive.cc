#include "common/base/derive.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

namespace meridian {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string derive(std::string_view secret, std::string_view info, std::size_t bytes) {
  std::string key(bytes, '\0');
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
  EVP_PKEY_derive_init(context);
  EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256());
  EVP_PKEY_CTX_set1_hkdf_key(context, bytes_of(secret), static_cast<int>(secret.size()));
  EVP_PKEY_CTX_add1_hkdf_info(context, bytes_of(info), static_cast<int>(info.size()));
  EVP_PKEY_derive(context, reinterpret_cast<unsigned char*>(key.data()), &bytes);
  EVP_PKEY_CTX_free(context);
  return key;
}

}  // namespace meridian
