#include <algorithm>
#include <set>
#include <utility>

#include "common/base/base64.h"
#include "common/tls/certificate.h"
#include "common/tls/ocsp.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr int kMostCertificates = 4;

/// RSA, ECDSA and the like; 0: it cannot be read, which is said elsewhere.
int key_kind(const Check& check, const std::string& certificate) {
  const auto& known = check.overview().certificates;
  const auto found = known.find(certificate);
  return found == known.end() ? 0 : found->second->key_kind;
}

void check_client_certificate(Check& check, const v1::ClientCertificate& client) {
  const std::string field = "spec.client_certificate";
  const auto authorities = tls::parse_chain(client.ca_pem());
  if (client.ca_pem().empty())
    check.wrong(field + ".ca_pem", "is missing: PEM certificates that sign those of visitors");
  else if (!authorities)
    check.wrong(field + ".ca_pem", authorities.error().text());
  for (const auto& [name, value] : {std::pair{".subject_header", &client.subject_header()},
                                    {".fingerprint_header", &client.fingerprint_header()}})
    if (!value->empty()) check.added_field(field + name, *value);
}

}  // namespace

void check_site_tls(Check& check, const v1::Site& site) {
  if (site.certificates().empty()) {
    check.reference("spec.certificate", v1::KIND_CERTIFICATE, site.certificate());
  } else {
    if (!site.certificate().empty())
      check.wrong("spec.certificate", "excludes spec.certificates: name it there");
    check.most("spec.certificates", site.certificates_size(), kMostCertificates);
    check.references("spec.certificates", v1::KIND_CERTIFICATE, site.certificates());
    std::set<int> kinds;
    for (int i = 0; i < site.certificates_size(); ++i) {
      const int kind = key_kind(check, site.certificates(i));
      if (kind != 0 && !kinds.insert(kind).second)
        check.wrong(Check::item("spec.certificates", i),
                    "has a key of the same kind as one before; of each kind one is used");
    }
  }
  if (site.has_client_certificate()) check_client_certificate(check, site.client_certificate());
}

void check_ocsp_response(Check& check, const v1::Certificate& certificate) {
  if (certificate.ocsp_response().empty()) return;
  const auto chain = tls::parse_chain(certificate.chain_pem());
  if (!chain) return;  // said elsewhere
  const auto der = from_base64(certificate.ocsp_response());
  if (!der) return check.wrong("spec.ocsp_response", "is not base64");
  const auto problem = tls::ocsp_problem(*der, *chain->front());
  if (problem) check.wrong("spec.ocsp_response", *problem);
}

/// It is sent as the value of a header field.
void check_debug_token(Check& check, const std::string& token) {
  constexpr std::size_t kLeast = 16, kMost = 256;
  const bool visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  // Not the token itself: what is wrong is shown and logged.
  if (!token.empty() && (token.size() < kLeast || token.size() > kMost || !visible))
    check.wrong("spec.debug_token", "is not 16 to 256 visible characters");
}

void check_edge_settings(Check& check, const v1::EdgeSettings& settings) {
  if (check.resource().name() != "default")
    check.wrong("name", in_quotes(check.resource().name()) +
                            ": the settings of edges are one resource, named 'default'");
  const auto& tls = settings.tls();
  if (!tls.min_version().empty() && tls.min_version() != "1.2" && tls.min_version() != "1.3")
    check.wrong("spec.tls.min_version",
                in_quotes(tls.min_version()) + " is neither '1.2' nor '1.3'");
  if (!tls.default_site().empty())
    check.reference("spec.tls.default_site", v1::KIND_SITE, tls.default_site());
  check_edge_limits(check, settings.limits());
  check_edge_timeouts(check, settings.timeouts());
  check_debug_token(check, settings.debug_token());
  if (settings.has_drain_time())
    check.duration("spec.drain_time", settings.drain_time(),
                   {.least = std::chrono::milliseconds(0), .most = std::chrono::hours(1)});
}

}  // namespace meridian::control
