#include "common/tsig/tsig.h"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"
#include "common/zone/read_name.h"

namespace meridian::tsig {
namespace {

constexpr std::uint16_t kTypeTsig = 250;
constexpr std::uint16_t kClassAny = 255;
constexpr std::uint16_t kFudge = 300;  // seconds, as RFC 8945 section 10 recommends
constexpr std::size_t kHeaderOctets = 12;
constexpr std::size_t kAdditionalCount = 10;  // where the header holds ARCOUNT
constexpr std::size_t kMostOther = 6;

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hmac_sha256:
      return EVP_sha256();
    case Algorithm::hmac_sha384:
      return EVP_sha384();
    case Algorithm::hmac_sha512:
      return EVP_sha512();
  }
  return nullptr;
}

/// Octets in the order in which they are signed.
class Digest {
 public:
  void u16(std::size_t value) {
    text_ += static_cast<char>(value >> 8);
    text_ += static_cast<char>(value);
  }
  void u48(std::uint64_t value) {
    for (const int shift : {40, 32, 24, 16, 8, 0}) text_ += static_cast<char>(value >> shift);
  }
  void bytes(Bytes octets) {
    text_.append(reinterpret_cast<const char*>(octets.data()), octets.size());
  }
  void text(const std::string& octets) { text_ += octets; }

  Mac mac(const Key& key) const {
    Mac mac;
    unsigned size = 0;
    if (HMAC(digest_of(key.algorithm), key.secret.data(), static_cast<int>(key.secret.size()),
             reinterpret_cast<const unsigned char*>(text_.data()), text_.size(), mac.octets.data(),
             &size) != nullptr)
      mac.size = static_cast<std::uint8_t>(size);
    return mac;
  }

 private:
  std::string text_;
};

struct Variables {
  std::uint64_t time = 0;
  std::uint16_t fudge = 0;
  std::uint16_t error = 0;
  std::string other;
};

/// `message` without its TSIG record; its ID as it was when it was signed.
Mac mac_of(const Key& key, const Mac& before, Bytes unsigned_before, Bytes message,
           std::uint16_t id, std::uint16_t additionals, Scope scope, const Variables& variables) {
  Digest digest;
  if (before.size > 0) {
    digest.u16(before.size);
    digest.bytes(before.bytes());
  }
  digest.bytes(unsigned_before);
  digest.u16(id);
  digest.bytes(message.subspan(2, kAdditionalCount - 2));
  digest.u16(additionals);
  digest.bytes(message.subspan(kHeaderOctets));
  if (scope == Scope::whole) {
    digest.text(key.name);
    digest.u16(kClassAny);
    digest.u16(0);  // TTL
    digest.u16(0);
    digest.text(algorithm_name(key.algorithm));
  }
  digest.u48(variables.time);
  digest.u16(variables.fudge);
  if (scope == Scope::whole) {
    digest.u16(variables.error);
    digest.u16(variables.other.size());
    digest.text(variables.other);
  }
  return digest.mac(key);
}

std::uint16_t u16_at(Bytes message, std::size_t at) {
  return static_cast<std::uint16_t>(message[at] << 8 | message[at + 1]);
}

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string u48_text(std::uint64_t value) {
  std::string text;
  for (const int shift : {40, 32, 24, 16, 8, 0}) text += static_cast<char>(value >> shift);
  return text;
}

std::size_t append(const Signature& signature, std::span<std::uint8_t> buffer, std::size_t size) {
  WireWriter out(buffer.subspan(size));
  out.bytes(as_bytes(signature.key));
  out.u16(kTypeTsig);
  out.u16(kClassAny);
  out.u32(0);
  out.u16(static_cast<std::uint16_t>(signature.algorithm.size() + 16 + signature.mac.size +
                                     signature.other.size()));
  out.bytes(as_bytes(signature.algorithm));
  out.u16(static_cast<std::uint16_t>(signature.time >> 32));
  out.u32(static_cast<std::uint32_t>(signature.time));
  out.u16(signature.fudge);
  out.u16(signature.mac.size);
  out.bytes(signature.mac.bytes());
  out.u16(signature.original_id);
  out.u16(signature.error);
  out.u16(static_cast<std::uint16_t>(signature.other.size()));
  out.bytes(as_bytes(signature.other));
  if (!out.ok()) return 0;
  WireWriter header(buffer);
  header.bytes(Bytes(buffer).first(kHeaderOctets));
  header.patch_u16(kAdditionalCount,
                   static_cast<std::uint16_t>(u16_at(buffer, kAdditionalCount) + 1));
  return size + out.position();
}

}  // namespace

std::optional<std::size_t> find_signature(Bytes message) {
  WireReader reader(message);
  (void)reader.u32();  // ID, flags
  const auto questions = reader.u16();
  const std::size_t answers = reader.u16();
  const std::size_t authorities = reader.u16();
  const std::size_t additionals = reader.u16();
  const auto skip_name = [&reader] {
    for (auto length = reader.u8(); reader.ok() && length != 0; length = reader.u8()) {
      if (length >= 0xc0) return (void)reader.u8();
      (void)reader.bytes(length);
    }
  };
  for (int i = 0; i < questions && reader.ok(); ++i) {
    skip_name();
    (void)reader.u32();
  }
  std::size_t begin = 0;
  std::uint16_t type = 0;
  for (std::size_t i = 0; i < answers + authorities + additionals && reader.ok(); ++i) {
    begin = reader.position();
    skip_name();
    type = reader.u16();
    (void)reader.bytes(6);  // class, TTL
    (void)reader.bytes(reader.u16());
  }
  if (!reader.ok() || additionals == 0 || type != kTypeTsig) return {};
  return begin;
}

std::optional<Signature> read_signature(Bytes message, std::size_t at) {
  if (at < kHeaderOctets || at > message.size()) return {};
  WireReader reader(message.subspan(at));
  Signature signature;
  signature.key = zone::read_name(reader);
  const auto type = reader.u16();
  const auto record_class = reader.u16();
  (void)reader.u32();  // TTL
  const auto size = reader.u16();
  if (signature.key.empty() || type != kTypeTsig || record_class != kClassAny ||
      size != reader.remaining())
    return {};
  signature.algorithm = zone::read_name(reader);
  signature.time = std::uint64_t{reader.u16()} << 32;
  signature.time |= reader.u32();
  signature.fudge = reader.u16();
  const auto mac = reader.bytes(reader.u16());
  signature.original_id = reader.u16();
  signature.error = reader.u16();
  const auto other = reader.bytes(reader.u16());
  if (!reader.ok() || reader.remaining() != 0 || signature.algorithm.empty() ||
      mac.size() > signature.mac.octets.size() || other.size() > kMostOther)
    return {};
  std::copy(mac.begin(), mac.end(), signature.mac.octets.begin());
  signature.mac.size = static_cast<std::uint8_t>(mac.size());
  signature.other.assign(reinterpret_cast<const char*>(other.data()), other.size());
  return signature;
}

Verdict verify(const Key& key, const Signature& signature, Bytes message, std::size_t at,
               const Mac& before, Scope scope, std::uint64_t now, Bytes unsigned_before) {
  if (signature.key != key.name || signature.algorithm != algorithm_name(key.algorithm))
    return Verdict::bad_key;
  if (signature.mac.size > mac_octets(key.algorithm)) return Verdict::malformed;
  // Nobody cuts MACs any more (RFC 8945 section 5.2.2.1 leaves it to policy).
  if (signature.mac.size < mac_octets(key.algorithm)) return Verdict::bad_truncation;
  const auto count = u16_at(message, kAdditionalCount);
  if (count == 0) return Verdict::malformed;
  const auto expected = mac_of(key, before, unsigned_before, message.first(at),
                               signature.original_id, static_cast<std::uint16_t>(count - 1), scope,
                               {signature.time, signature.fudge, signature.error, signature.other});
  if (expected.size != signature.mac.size ||
      CRYPTO_memcmp(expected.octets.data(), signature.mac.octets.data(), expected.size) != 0)
    return Verdict::bad_signature;
  const auto distance = now > signature.time ? now - signature.time : signature.time - now;
  return distance > signature.fudge ? Verdict::bad_time : Verdict::good;
}

std::size_t signature_octets(const Key& key) {
  return key.name.size() + 10 + algorithm_name(key.algorithm).size() + 16 +
         mac_octets(key.algorithm) + kMostOther;
}

std::size_t sign(const Key& key, std::span<std::uint8_t> buffer, std::size_t size,
                 const Signing& signing, Mac& mac) {
  Signature signature{.key = key.name,
                      .algorithm = algorithm_name(key.algorithm),
                      .time = signing.now,
                      .fudge = kFudge,
                      .mac = {},
                      .original_id = u16_at(buffer, 0),
                      .error = static_cast<std::uint16_t>(signing.error),
                      .other = {}};
  if (signing.error == Verdict::bad_time) {  // RFC 8945 section 5.2.3
    signature.other = u48_text(signing.now);
    signature.time = signing.query_time;
  }
  signature.mac = mac =
      mac_of(key, signing.before, {}, Bytes(buffer).first(size), signature.original_id,
             u16_at(buffer, kAdditionalCount), signing.scope,
             {signature.time, kFudge, signature.error, signature.other});
  return append(signature, buffer, size);
}

std::size_t refuse(const Signature& signature, Verdict why, std::span<std::uint8_t> buffer,
                   std::size_t size) {
  Signature answer{.key = signature.key,
                   .algorithm = signature.algorithm,
                   .time = signature.time,
                   .fudge = signature.fudge,
                   .mac = {},
                   .original_id = signature.original_id,
                   .error = static_cast<std::uint16_t>(why),
                   .other = {}};
  return append(answer, buffer, size);
}

}  // namespace meridian::tsig
