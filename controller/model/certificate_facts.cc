#include "controller/model/certificate_facts.h"

#include <cstring>
#include <iterator>
#include <utility>

#include "common/tls/certificate.h"
#include "common/tls/serving.h"

namespace meridian::control {
namespace {

CertificateFacts facts_of(const v1::Certificate& certificate) {
  CertificateFacts facts;
  const auto chain = tls::parse_chain(certificate.chain_pem());
  if (chain) {
    facts.names = tls::dns_names(*chain->front());
    facts.key_kind = tls::key_kind(*chain->front());
  } else {
    facts.chain_problem = chain.error().text();
  }
  const auto key = tls::parse_key(certificate.private_key_pem());
  if (!key)
    facts.key_problem = key.error().text();
  else
    facts.matches = chain && tls::matches(*chain->front(), **key);
  if (facts.matches) facts.serving_problem = tls::serving_problem(*chain, **key).value_or("");
  return facts;
}

}  // namespace

/// A digest is as good as chance.
std::size_t CertificateReader::HashOfDigest::operator()(const Sha256& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

CertificateFactsPtr CertificateReader::read(const v1::Certificate& certificate) {
  const auto size = std::to_string(certificate.chain_pem().size());
  auto& known =
      known_[sha256(size + '\n' + certificate.chain_pem() + certificate.private_key_pem())];
  known.used = true;
  if (!known.facts) known.facts = std::make_shared<const CertificateFacts>(facts_of(certificate));
  return known.facts;
}

void CertificateReader::forget_unused() {
  for (auto it = known_.begin(); it != known_.end();)
    it = std::exchange(it->second.used, false) ? std::next(it) : known_.erase(it);
}

}  // namespace meridian::control
