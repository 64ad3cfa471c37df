#include "edge-node/request/client_certificate.h"

#include <algorithm>

#include "common/base/base64.h"

namespace meridian::edge {

bool has_proven(const Site& site, const Visitor& visitor) {
  if (!site.client_certificate) return true;
  if (!visitor.certificate) return !site.client_certificate->required;
  const auto& trusted = site.client_certificate->authorities;
  return std::find(trusted.begin(), trusted.end(), visitor.certificate->authority) != trusted.end();
}

void tell_of_certificate(http::Fields& fields, const Site& site, const Visitor& visitor) {
  fields.erase_each("client-cert", "client-cert-chain");
  if (!site.client_certificate) return;
  const auto& policy = *site.client_certificate;
  for (const auto& name : {policy.subject_header, policy.fingerprint_header})
    if (!name.empty()) fields.erase(name);
  if (!visitor.certificate) return;
  const auto& certificate = *visitor.certificate;
  if (policy.forward) fields.add("Client-Cert", ':' + to_base64(certificate.der) + ':');
  if (!policy.subject_header.empty()) fields.add(policy.subject_header, certificate.subject);
  if (!policy.fingerprint_header.empty())
    fields.add(policy.fingerprint_header, certificate.fingerprint);
}

}  // namespace meridian::edge
