#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/hash.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

/// What checks ask of a Certificate's chain and key.
struct CertificateFacts {
  std::string chain_problem;       // empty: it can be read
  std::vector<std::string> names;  // DNS names of its leaf
  int key_kind = 0;                // tls::key_kind() of its leaf
  std::string key_problem;         // empty: it can be read
  bool matches = false;            // the key is the leaf's; where both can be read
  std::string serving_problem;     // of the chain, where the key matches; empty: edges can use it
};
using CertificateFactsPtr = std::shared_ptr<const CertificateFacts>;

/// Reads certificates, each but once: a change to a configuration with thousands of them is to
/// cost what it changes. One thread at a time.
class CertificateReader {
 public:
  CertificateFactsPtr read(const v1::Certificate& certificate);
  /// Those that were not read since the call before.
  void forget_unused();

 private:
  struct Known {
    CertificateFactsPtr facts;
    bool used = true;
  };
  struct HashOfDigest {
    std::size_t operator()(const Sha256& digest) const;
  };
  std::unordered_map<Sha256, Known, HashOfDigest> known_;  // by their texts
};

}  // namespace meridian::control
