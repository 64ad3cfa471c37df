#include "common/tls/certificate.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {

/// An expired certificate is no violation: it must not keep other changes out. Status tells. One
/// that edges cannot use is: they would refuse this revision and every later one.
void check_certificate(Check& check, const v1::Certificate& certificate) {
  const auto& facts = *check.overview().certificates.at(check.resource().name());
  if (certificate.chain_pem().empty())
    check.wrong("spec.chain_pem", "is missing: PEM, the leaf first");
  else if (!facts.chain_problem.empty())
    check.wrong("spec.chain_pem", facts.chain_problem);
  else if (facts.names.empty() &&
           !check.overview().client_certificates.contains(check.resource().name()))
    check.wrong("spec.chain_pem",
                "its first certificate names no host (no DNS subject alternative name)");

  check_ocsp_response(check, certificate);
  if (certificate.private_key_pem().empty())
    return check.wrong("spec.private_key_pem",
                       "is missing: the PEM key of the chain's first certificate");
  if (!facts.key_problem.empty())
    check.wrong("spec.private_key_pem", facts.key_problem);
  else if (facts.chain_problem.empty() && !facts.matches)
    check.wrong("spec.private_key_pem",
                "is not the key of the chain's first certificate; is the chain in order, the "
                "leaf first?");
  else if (!facts.serving_problem.empty())
    check.wrong("spec.chain_pem", facts.serving_problem);
}

}  // namespace meridian::control
