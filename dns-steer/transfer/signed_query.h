#pragma once

#include <cstdint>
#include <memory>

#include "common/tsig/tsig.h"
#include "dns-steer/query/signed_query.h"
#include "dns-steer/transfer/sharing.h"

namespace meridian::dns {

/// A JudgeSignature by TSIG.
class TsigQuery final : public SignedQuery {
 public:
  /// Null: the record at `at` is malformed.
  static std::unique_ptr<TsigQuery> judge(const Sharing& sharing, Bytes message, std::size_t at,
                                          std::uint32_t unix_seconds);

  bool good() const override { return verdict_ == tsig::Verdict::good; }
  std::size_t octets() const override;
  /// The first time it signs the answer to the query, then each message that follows.
  std::size_t finish(std::span<std::uint8_t> buffer, std::size_t size) override;

  /// Into Sharing::keys; kNoKey: it is not known.
  std::uint32_t key() const { return key_; }
  tsig::Verdict verdict() const { return verdict_; }

 private:
  const Sharing* sharing_ = nullptr;  // its holder keeps it
  std::uint32_t key_ = kNoKey;
  tsig::Verdict verdict_ = tsig::Verdict::bad_key;
  tsig::Signature signature_;
  tsig::Mac before_;
  tsig::Scope scope_ = tsig::Scope::whole;
  std::uint64_t now_ = 0;
};

}  // namespace meridian::dns
