#include "edge-node/compile/compile_tls.h"

#include <utility>
#include <vector>

#include "common/base/base64.h"
#include "common/base/hash.h"
#include "common/base/time.h"
#include "common/tls/certificate.h"
#include "common/tls/ocsp.h"

namespace meridian::edge {
namespace {

std::vector<std::string> certificate_names(const v1::Site& site) {
  if (site.certificates().empty()) return {site.certificate()};
  return {site.certificates().begin(), site.certificates().end()};
}

std::vector<std::string> authorities_of(const std::string& ca_pem) {
  std::vector<std::string> all;
  const auto chain = tls::parse_chain(ca_pem);
  if (!chain) return all;  // make() says so
  for (const auto& authority : *chain) all.push_back(to_hex(tls::fingerprint(*authority)));
  return all;
}

}  // namespace

void TlsContexts::begin_snapshot() {
  digests_.clear();
  ++snapshot_;
}

/// Null: nothing.
Result<std::shared_ptr<const Staple>> TlsContexts::staple_of(const std::string& name,
                                                             const v1::Certificate& certificate) {
  if (certificate.ocsp_fetch()) {
    auto& fetched = fetched_[certificate.chain_pem()];
    auto staple = fetched.staple.lock();
    if (!staple) {
      staple = std::make_shared<Staple>();
      fetched.certificate = {name, certificate.chain_pem(), nullptr};
      fetched.staple = staple;
    }
    return std::shared_ptr<const Staple>(std::move(staple));
  }
  if (certificate.ocsp_response().empty()) return std::shared_ptr<const Staple>();
  auto response = from_base64(certificate.ocsp_response());
  if (!response) return Error("spec.ocsp_response", "is not base64");
  auto staple = std::make_shared<Staple>();
  const auto until = tls::ocsp_valid_until(*response);
  staple->use(std::make_shared<const std::string>(std::move(*response)), until);
  return std::shared_ptr<const Staple>(std::move(staple));
}

/// Of all that makes a difference to a context.
const std::string& TlsContexts::digest_of(const std::string& name,
                                          const v1::Certificate& certificate) {
  auto& digest = digests_[name];
  if (digest.empty())
    digest = to_hex(sha256(certificate.chain_pem() + '\n' + certificate.private_key_pem() + '\n' +
                           certificate.ocsp_response() +
                           (certificate.ocsp_fetch() ? "\nfetched" : "\n")));
  return digest;
}

Result<TlsContext> TlsContexts::make(const v1::Site& site, const CertificatesByName& certificates) {
  const auto names = certificate_names(site);
  const auto& client = site.client_certificate();
  std::string id, ingredients;
  for (const auto& name : names) {
    const auto found = certificates.find(name);
    if (found == certificates.end())
      return Error("spec.certificate", "there is no Certificate '" + name + "'");
    id += name + '\n';
    ingredients += name + '\n' + digest_of(name, *found->second) + '\n';
    if (found->second->ocsp_fetch()) fetched_[found->second->chain_pem()].snapshot = snapshot_;
  }
  ingredients += client.ca_pem();
  if (client.has_required() && !client.required()) ingredients += "optional";
  auto& made = made_[to_hex(sha256(ingredients))];
  if (auto context = made.lock()) return context;
  std::vector<CertificateSource> sources;
  for (const auto& name : names) {
    const v1::Certificate& certificate = *certificates.at(name);
    auto staple = staple_of(name, certificate);
    if (!staple) return at("Certificate " + name, staple.error());
    sources.push_back({.name = "Certificate " + name + ": spec",
                       .chain_pem = certificate.chain_pem(),
                       .key_pem = certificate.private_key_pem(),
                       .staple = std::move(*staple)});
  }
  auto context =
      make_site_context({.certificates = sources,
                         .id = id,
                         .client_ca_pem = client.ca_pem(),
                         .client_required = !client.has_required() || client.required()});
  if (!context && context.error().where == "ca_pem")
    return at("spec.client_certificate", context.error());
  if (!context) return context.error();
  made = *context;
  return context;
}

void TlsContexts::forget_unused() {
  std::erase_if(made_, [](const auto& item) { return item.second.expired(); });
  std::erase_if(fetched_, [](const auto& item) { return item.second.staple.expired(); });
}

std::vector<StapledCertificate> TlsContexts::stapled() const {
  std::vector<StapledCertificate> all;
  for (const auto& [chain, fetched] : fetched_) {
    auto staple = fetched.staple.lock();
    if (!staple || fetched.snapshot != snapshot_) continue;
    all.push_back(fetched.certificate);
    all.back().staple = std::move(staple);
  }
  return all;
}

std::optional<ClientCertificatePolicy> compile_client_certificate(const v1::Site& from) {
  if (!from.has_client_certificate()) return std::nullopt;
  const auto& client = from.client_certificate();
  return ClientCertificatePolicy{.required = !client.has_required() || client.required(),
                                 .forward = !client.has_forward() || client.forward(),
                                 .subject_header = client.subject_header(),
                                 .fingerprint_header = client.fingerprint_header(),
                                 .authorities = authorities_of(client.ca_pem())};
}

VisitorTls compile_visitor_tls(const std::vector<v1::CookieSecret>& from,
                               const v1::EdgeSettings& settings, const std::string& own_secret) {
  VisitorTls tls;
  tls.allows_tls12 = settings.tls().min_version() != "1.3";
  TicketSecrets secrets;
  for (const auto& secret : from)
    secrets.push_back({WallTime(std::chrono::seconds(secret.sign_from())), secret.secret()});
  if (secrets.empty()) secrets.push_back({WallTime(), own_secret});
  tls.ticket_secrets = std::make_shared<const TicketSecrets>(std::move(secrets));
  return tls;
}

}  // namespace meridian::edge
