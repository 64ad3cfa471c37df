#include <algorithm>

#include "common/tls/edge_server_name.h"
#include "controller/model/check.h"
#include "controller/model/names.h"
#include "controller/model/site_certificates.h"

namespace meridian::control {
namespace {

constexpr std::size_t kMostNamesShown = 4;
constexpr int kMostProtocols = 8;
constexpr std::size_t kMostProtocol = 32;

/// "a.example, b.example and 12 more".
std::string listed(const std::vector<std::string>& names) {
  if (names.empty()) return "no host";
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamesShown); ++i)
    text += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  if (names.size() > kMostNamesShown)
    text += " and " + std::to_string(names.size() - kMostNamesShown) + " more";
  return text;
}

/// A hostname belongs to one site: both sites hear of a clash, so that the operator sees it
/// whichever of them the change is about.
void check_claim(Check& check, const std::string& field, const std::string& hostname, int i) {
  const auto found = check.overview().hostnames.find(hostname);
  if (found == check.overview().hostnames.end()) return;
  const HostnameClaim mine{check.resource().name(), i};
  for (const auto& claim : found->second) {
    if (claim.site != mine.site) {
      return check.wrong(field, in_quotes(hostname) + " is claimed by Site " +
                                    in_quotes(claim.site) + " too (" +
                                    Check::item("spec.hostnames", claim.position) +
                                    "); a hostname belongs to one site only");
    }
    if (claim.position < i)
      return check.wrong(field, "repeats " + Check::item("spec.hostnames", claim.position));
  }
}

/// Each of the site's certificates is for the host; a missing or broken one is said elsewhere.
void check_covered(Check& check, const v1::Site& site, const std::string& field,
                   const std::string& hostname) {
  const auto& known = check.overview().certificates;
  for (const auto& certificate : site_certificates(site)) {
    const auto found = known.find(certificate);
    if (found == known.end() || !found->second->chain_problem.empty()) continue;
    const auto& names = found->second->names;
    const auto covered = [&](const std::string& name) { return covers(name, hostname); };
    if (std::none_of(names.begin(), names.end(), covered))
      check.wrong(field, "Certificate " + in_quotes(certificate) + " does not cover " +
                             in_quotes(hostname) + "; it is for " + listed(names));
  }
}

void check_hostname(Check& check, const v1::Site& site, int i) {
  const auto field = Check::item("spec.hostnames", i);
  const auto& hostname = site.hostnames(i);
  if (const auto problem = hostname_problem(hostname, Wildcard::allowed))
    return check.wrong(field, *problem);
  if (hostname == tls::kEdgeServerName)
    return check.wrong(field, in_quotes(hostname) + " is where edges reach each other");
  check_claim(check, field, hostname, i);
  check_covered(check, site, field, hostname);
}

void check_hostname_policies(Check& check, const v1::Site& site) {
  for (int i = 0; i < site.hostname_policies_size(); ++i) {
    const auto field = Check::item("spec.hostname_policies", i);
    const auto& one = site.hostname_policies(i);
    const auto& known = site.hostnames();
    if (one.hostname().empty())
      check.wrong(field + ".hostname", "is missing");
    else if (std::find(known.begin(), known.end(), one.hostname()) == known.end())
      check.wrong(field + ".hostname",
                  in_quotes(one.hostname()) + " is none of this site's spec.hostnames");
    for (int j = 0; j < i; ++j) {
      if (site.hostname_policies(j).hostname() == one.hostname())
        check.wrong(field + ".hostname",
                    "repeats " + Check::item("spec.hostname_policies", j) + ".hostname");
    }
    check.reference(field + ".steering_policy", v1::KIND_STEERING_POLICY, one.steering_policy());
  }
}

/// RFC 7301 section 6 registers short names of printable characters.
void check_https_record(Check& check, const v1::HttpsRecord& record) {
  const std::string field = "spec.https_record.alpn";
  const auto& alpn = record.alpn();
  if (alpn.size() > kMostProtocols)
    check.wrong(field, "has more than " + std::to_string(kMostProtocols) + " protocols");
  for (int i = 0; i < alpn.size(); ++i) {
    const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
    if (alpn[i].empty() || alpn[i].size() > kMostProtocol ||
        !std::all_of(alpn[i].begin(), alpn[i].end(), printable))
      check.wrong(Check::item(field, i),
                  in_quotes(alpn[i]) + " is not the name of a protocol such as h2");
    if (alpn[i] == "http/1.1")
      check.wrong(Check::item(field, i), "goes without saying: leave it out");
    check.repeated(field, alpn, i);
  }
}

}  // namespace

void check_site(Check& check, const v1::Site& site) {
  if (site.hostnames().empty()) check.wrong("spec.hostnames", "is missing: at least one host name");
  for (int i = 0; i < site.hostnames_size(); ++i) check_hostname(check, site, i);

  check.reference("spec.origin_pool", v1::KIND_ORIGIN_POOL, site.origin_pool());
  check_site_tls(check, site);
  if (!site.steering_policy().empty())
    check.reference("spec.steering_policy", v1::KIND_STEERING_POLICY, site.steering_policy());
  check_hostname_policies(check, site);
  check.references("spec.locations", v1::KIND_LOCATION, site.locations());
  check.references("spec.rules", v1::KIND_RULE, site.rules());
  check_cache(check, site.cache());
  if (site.has_https_record()) check_https_record(check, site.https_record());
  check_delivery(check, site);
  if (site.has_limits()) check_site_limits(check, site.limits());
  const auto& log = site.access_log();
  if (log.has_sample() && !(log.sample() > 0 && log.sample() <= 1))
    check.wrong("spec.access_log.sample", "is not above 0 and at most 1");
}

}  // namespace meridian::control
