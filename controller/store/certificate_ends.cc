#include "controller/store/certificate_ends.h"

#include <utility>

#include "common/tls/certificate.h"

namespace meridian::control {
namespace {

/// The epoch: it cannot be read, which no accepted chain is.
WallTime end_of(const std::string& chain_pem) {
  const auto chain = tls::parse_chain(chain_pem);
  return chain ? tls::not_after(*chain->front()) : WallTime();
}

}  // namespace

CertificateEnds::Ends CertificateEnds::of(const ConfigurationAt& newest) {
  const std::lock_guard lock(mutex_);
  if (ends_ && newest.revision == revision_) return ends_;
  const auto before = std::exchange(of_chain_, {});
  auto ends = std::make_shared<std::vector<End>>();
  const auto& all = newest.configuration.resources();
  for (auto it = all.lower_bound({v1::KIND_CERTIFICATE, ""});
       it != all.end() && it->first.first == v1::KIND_CERTIFICATE; ++it) {
    const auto& chain = it->second.certificate().chain_pem();
    const auto digest = sha256(chain);
    const auto known = before.find(digest);
    const auto end = known != before.end() ? known->second : end_of(chain);
    of_chain_.emplace(digest, end);
    ends->push_back({it->first.second, end});
  }
  revision_ = newest.revision;
  ends_ = std::move(ends);
  return ends_;
}

}  // namespace meridian::control
