#include "common/dnssec/key.h"

#include <algorithm>
#include <utility>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "common/base/hash.h"

namespace meridian::dnssec {
namespace {

constexpr std::size_t kHalf = 32;  // octets of a number or point, in both algorithms
constexpr std::uint8_t kProtocol = 3;
constexpr std::uint8_t kDigestSha256 = 2;

template <auto free>
struct Free {
  template <class T>
  void operator()(T* value) const {
    free(value);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_clear_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;

const std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::uint8_t* octets(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

Error openssl_error(const char* what) {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return Error(std::string(what) + ": " +
               (reason != nullptr ? reason : "OpenSSL does not say why"));
}

/// `public_half`: x and y. `private_half` may be empty: then the key verifies only.
KeyPtr p256_key(std::string_view public_half, std::string_view private_half) {
  const auto point = "\x04" + std::string(public_half);  // uncompressed (SEC 1 section 2.3.3)
  const Number secret(BN_bin2bn(octets(private_half), static_cast<int>(private_half.size()), {}));
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  EVP_PKEY* key = nullptr;
  bool done =
      secret && builder &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) == 1;
  if (!private_half.empty())
    done =
        done && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get()) == 1;
  if (!done) return nullptr;
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  const int selection = private_half.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, params.get()) != 1)
    return nullptr;
  return KeyPtr(key);
}

/// The private half as a number of fixed size.
bool take_p256(const EVP_PKEY& key, KeyBytes& bytes) {
  BIGNUM* number = nullptr;
  std::uint8_t point[1 + 2 * kHalf];
  std::size_t size = 0;
  if (EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1) return false;
  const Number secret(number);
  bytes.private_half.resize(kHalf);
  if (BN_bn2binpad(secret.get(), octets(bytes.private_half), kHalf) != kHalf) return false;
  if (EVP_PKEY_get_octet_string_param(&key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size) !=
          1 ||
      size != sizeof point)
    return false;
  bytes.public_half.assign(reinterpret_cast<const char*>(point + 1), 2 * kHalf);
  return true;
}

bool take_ed25519(const EVP_PKEY& key, KeyBytes& bytes) {
  bytes.private_half.resize(kHalf);
  bytes.public_half.resize(kHalf);
  std::size_t secret = kHalf;
  std::size_t open = kHalf;
  return EVP_PKEY_get_raw_private_key(&key, octets(bytes.private_half), &secret) == 1 &&
         EVP_PKEY_get_raw_public_key(&key, octets(bytes.public_half), &open) == 1;
}

/// From DER to the two numbers of RFC 6605 section 4.
bool flatten(std::span<const std::uint8_t> der, Signature& signature) {
  const auto* at = der.data();
  const EcSignature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed) return false;
  const BIGNUM* r = nullptr;
  const BIGNUM* s = nullptr;
  ECDSA_SIG_get0(parsed.get(), &r, &s);
  return BN_bn2binpad(r, signature.data(), kHalf) == kHalf &&
         BN_bn2binpad(s, signature.data() + kHalf, kHalf) == kHalf;
}

/// One for each thread: making one costs as much as half a signature.
EVP_MD_CTX* digest_context() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  if (context) EVP_MD_CTX_reset(context.get());
  return context.get();
}

const EVP_MD* digest_of(Algorithm algorithm) {
  return algorithm == Algorithm::ecdsa_p256_sha256 ? EVP_sha256() : nullptr;
}

std::size_t public_octets(Algorithm algorithm) {
  return algorithm == Algorithm::ecdsa_p256_sha256 ? 2 * kHalf : kHalf;
}

}  // namespace

Result<KeyBytes> make_key(Algorithm algorithm) {
  const bool ecdsa = algorithm == Algorithm::ecdsa_p256_sha256;
  const KeyPtr key(ecdsa ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return openssl_error("cannot make a key");
  KeyBytes bytes;
  if (!(ecdsa ? take_p256(*key, bytes) : take_ed25519(*key, bytes)))
    return openssl_error("cannot read a new key");
  return bytes;
}

std::string dnskey_data(std::uint16_t flags, Algorithm algorithm, std::string_view public_half) {
  std::string data{static_cast<char>(flags >> 8), static_cast<char>(flags), kProtocol,
                   static_cast<char>(algorithm)};
  return data.append(public_half);
}

std::uint16_t key_tag(std::string_view dnskey_data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < dnskey_data.size(); ++i) {
    const std::uint32_t octet = octets(dnskey_data)[i];
    sum += i % 2 == 0 ? octet << 8 : octet;
  }
  return static_cast<std::uint16_t>(sum + (sum >> 16));
}

std::string ds_data(std::string_view owner, std::string_view dnskey_data) {
  const auto tag = key_tag(dnskey_data);
  const auto digest = sha256(std::string(owner).append(dnskey_data));
  std::string data{static_cast<char>(tag >> 8), static_cast<char>(tag), dnskey_data[3],
                   kDigestSha256};
  return data.append(digest.begin(), digest.end());
}

Result<SigningKey> SigningKey::load(Algorithm algorithm, const KeyBytes& bytes) {
  if (bytes.private_half.size() != kHalf || bytes.public_half.size() != public_octets(algorithm))
    return Error("has not the size of a key of its algorithm");
  KeyPtr key;
  if (algorithm == Algorithm::ecdsa_p256_sha256)
    key = p256_key(bytes.public_half, bytes.private_half);
  else
    key.reset(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(bytes.private_half), kHalf));
  if (!key) return openssl_error("is no key of its algorithm");
  SigningKey loaded(algorithm, std::shared_ptr<EVP_PKEY>(key.release(), Free<EVP_PKEY_free>()));
  // A pair that does not belong together would make the zone bogus for all who validate.
  static constexpr std::array<std::uint8_t, 4> kSample{'t', 'e', 's', 't'};
  Signature signature;
  if (!loaded.sign(kSample, signature) || !verify(algorithm, bytes.public_half, kSample, signature))
    return Error("its private and its public half do not belong together");
  return loaded;
}

bool SigningKey::sign(std::span<const std::uint8_t> message, Signature& signature) const {
  auto* context = digest_context();
  std::array<std::uint8_t, 80> out;  // DER of a P-256 signature has at most 72
  auto size = out.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context, nullptr, digest_of(algorithm_), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context, out.data(), &size, message.data(), message.size()) != 1) {
    ERR_clear_error();
    return false;
  }
  const auto made = std::span(out).first(size);
  if (algorithm_ == Algorithm::ecdsa_p256_sha256) return flatten(made, signature);
  if (made.size() != signature.size()) return false;
  std::copy(made.begin(), made.end(), signature.begin());
  return true;
}

bool verify(Algorithm algorithm, std::string_view public_half,
            std::span<const std::uint8_t> message, const Signature& signature) {
  if (public_half.size() != public_octets(algorithm)) return false;
  KeyPtr key;
  std::string given(signature.begin(), signature.end());
  if (algorithm == Algorithm::ecdsa_p256_sha256) {
    key = p256_key(public_half, {});
    const EcSignature parsed(ECDSA_SIG_new());
    const auto* half = signature.data();
    if (!parsed || ECDSA_SIG_set0(parsed.get(), BN_bin2bn(half, kHalf, nullptr),
                                  BN_bin2bn(half + kHalf, kHalf, nullptr)) != 1)
      return false;
    std::uint8_t* der = nullptr;
    const int size = i2d_ECDSA_SIG(parsed.get(), &der);
    if (size <= 0) return false;
    given.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
  } else {
    key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(public_half), kHalf));
  }
  auto* context = digest_context();
  const bool genuine =
      key && context != nullptr &&
      EVP_DigestVerifyInit(context, nullptr, digest_of(algorithm), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context, octets(given), given.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return genuine;
}

}  // namespace meridian::dnssec
