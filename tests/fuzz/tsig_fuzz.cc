// Any message: a TSIG record is found at its end or not, what is read of it keeps its bounds, it is
// never one that a key unknown to its maker has signed, and what we sign verifies.
#include <algorithm>
#include <vector>

#include "common/tsig/tsig.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using fuzz::require;

constexpr std::uint64_t kNow = 1'800'000'000;

const tsig::Key& key() {
  static const tsig::Key one{zone::parse_name("k").value(), tsig::Algorithm::hmac_sha256,
                             std::string(32, 's')};
  return one;
}

void check_signing(tsig::Bytes message) {
  std::vector<std::uint8_t> buffer(message.size() + tsig::signature_octets(key()));
  std::copy(message.begin(), message.end(), buffer.begin());
  tsig::Mac mac;
  const tsig::Mac none;
  const auto size = tsig::sign(key(), buffer, message.size(), {.before = none, .now = kNow}, mac);
  if (size == 0) return;
  const auto whole = tsig::Bytes(buffer).first(size);
  // Behind a malformed message nobody finds it.
  const auto at = tsig::find_signature(whole);
  if (!at || *at != message.size()) return;
  const auto signature = tsig::read_signature(whole, *at);
  require(signature.has_value());
  require(tsig::verify(key(), *signature, whole, *at, none, tsig::Scope::whole, kNow) ==
          tsig::Verdict::good);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tsig::Bytes message(data, size);
  if (const auto at = tsig::find_signature(message)) {
    require(*at < size);
    if (const auto signature = tsig::read_signature(message, *at)) {
      require(signature->key.size() <= 255 && signature->mac.size <= 64);
      const auto verdict =
          tsig::verify(key(), *signature, message, *at, {}, tsig::Scope::whole, kNow);
      require(verdict != tsig::Verdict::good);
      std::vector<std::uint8_t> answer(size + 1'024);
      std::copy(message.begin(), message.end(), answer.begin());
      (void)tsig::refuse(*signature, verdict, answer, *at);
    }
  }
  if (size >= 12 && size <= 4'096) check_signing(message);
  return 0;
}
