#include "dns-steer/transfer/signed_query.h"

#include <utility>

namespace meridian::dns {

std::unique_ptr<TsigQuery> TsigQuery::judge(const Sharing& sharing, Bytes message, std::size_t at,
                                            std::uint32_t unix_seconds) {
  auto signature = tsig::read_signature(message, at);
  if (!signature) return nullptr;
  auto query = std::make_unique<TsigQuery>();
  query->sharing_ = &sharing;
  query->now_ = unix_seconds;
  for (std::uint32_t i = 0; i < sharing.keys.size(); ++i) {
    const auto& key = sharing.keys[i];
    if (key.name != signature->key) continue;
    query->verdict_ =
        tsig::verify(key, *signature, message, at, {}, tsig::Scope::whole, unix_seconds);
    if (query->verdict_ == tsig::Verdict::malformed) return nullptr;
    if (query->verdict_ != tsig::Verdict::bad_key) query->key_ = i;
    break;
  }
  query->before_ = signature->mac;
  query->signature_ = std::move(*signature);
  return query;
}

std::size_t TsigQuery::octets() const {
  if (key_ != kNoKey) return tsig::signature_octets(sharing_->keys[key_]);
  return signature_.key.size() + 10 + signature_.algorithm.size() + 16;
}

std::size_t TsigQuery::finish(std::span<std::uint8_t> buffer, std::size_t size) {
  // Who cannot be told from a forger gets no signature (RFC 8945 sections 5.2.1, 5.2.2).
  const bool may_sign = good() || verdict_ == tsig::Verdict::bad_time;
  const auto whole = may_sign ? tsig::sign(sharing_->keys[key_], buffer, size,
                                           {.before = before_,
                                            .scope = scope_,
                                            .now = now_,
                                            .error = verdict_,
                                            .query_time = signature_.time},
                                           before_)
                              : tsig::refuse(signature_, verdict_, buffer, size);
  scope_ = tsig::Scope::timers;
  return whole == 0 ? size : whole;
}

}  // namespace meridian::dns
