#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "common/base/result.h"

/// Keys of DNSSEC over OpenSSL: what the controller makes and DNS nodes sign with.
namespace meridian::dnssec {

/// Numbers of the registry (RFC 8624): ECDSA with P-256 and SHA-256 (RFC 6605), Ed25519 (RFC 8080).
enum class Algorithm : std::uint8_t { ecdsa_p256_sha256 = 13, ed25519 = 15 };

/// Whether a key of this number can be made and used here.
constexpr bool is_known(int algorithm) { return algorithm == 13 || algorithm == 15; }

/// Both algorithms have signatures of this size.
inline constexpr std::size_t kSignatureOctets = 64;
using Signature = std::array<std::uint8_t, kSignatureOctets>;

/// A key as bytes: the private half as v1::ZoneKey says, the public one as in a DNSKEY record.
struct KeyBytes {
  std::string private_half;
  std::string public_half;
};

/// A new key. Any thread.
Result<KeyBytes> make_key(Algorithm algorithm);

/// Flags of a DNSKEY record (RFC 4034 section 2.1.1): whether the parent zone is to know the key.
inline constexpr std::uint16_t kZoneKey = 256;
inline constexpr std::uint16_t kSecureEntryPoint = 257;

/// Data of a DNSKEY or CDNSKEY record in wire form.
std::string dnskey_data(std::uint16_t flags, Algorithm algorithm, std::string_view public_half);
/// RFC 4034 appendix B.
std::uint16_t key_tag(std::string_view dnskey_data);
/// Data of a DS or CDS record in wire form, with SHA-256 (RFC 4509). `owner`: of the DNSKEY record,
/// in wire form and lower case.
std::string ds_data(std::string_view owner, std::string_view dnskey_data);

/// A private key, ready to sign. Const calls may be made from any thread.
class SigningKey {
 public:
  /// The Error: the halves are no key, or do not belong together.
  static Result<SigningKey> load(Algorithm algorithm, const KeyBytes& bytes);

  /// Signs `message`. False: OpenSSL could not, which only a lack of memory explains.
  bool sign(std::span<const std::uint8_t> message, Signature& signature) const;
  Algorithm algorithm() const { return algorithm_; }

 private:
  SigningKey(Algorithm algorithm, std::shared_ptr<EVP_PKEY> key)
      : algorithm_(algorithm), key_(std::move(key)) {}

  Algorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

/// Whether `signature` is that of `message` by the key of this public half: for tests and for those
/// who do not trust their memory.
bool verify(Algorithm algorithm, std::string_view public_half,
            std::span<const std::uint8_t> message, const Signature& signature);

}  // namespace meridian::dnssec
