#include "common/tls/certificate.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {

Result<std::vector<std::string>> certificate_names(const v1::Certificate& certificate) {
  const auto chain = tls::parse_chain(certificate.chain_pem());
  if (!chain) return chain.error();
  return tls::dns_names(*chain->front());
}

/// An expired certificate is no violation: it must not keep other changes out. Status tells.
void check_certificate(Check& check, const v1::Certificate& certificate) {
  const auto chain = tls::parse_chain(certificate.chain_pem());
  if (certificate.chain_pem().empty())
    check.wrong("spec.chain_pem", "is missing: PEM, the leaf first");
  else if (!chain)
    check.wrong("spec.chain_pem", chain.error().text());
  else if (tls::dns_names(*chain->front()).empty() &&
           !check.overview().client_certificates.contains(check.resource().name()))
    check.wrong("spec.chain_pem",
                "its first certificate names no host (no DNS subject alternative name)");

  check_ocsp_response(check, certificate);
  if (certificate.private_key_pem().empty())
    return check.wrong("spec.private_key_pem",
                       "is missing: the PEM key of the chain's first certificate");
  const auto key = tls::parse_key(certificate.private_key_pem());
  if (!key)
    check.wrong("spec.private_key_pem", key.error().text());
  else if (chain && !tls::matches(*chain->front(), **key))
    check.wrong("spec.private_key_pem",
                "is not the key of the chain's first certificate; is the chain in order, the "
                "leaf first?");
}

}  // namespace meridian::control
