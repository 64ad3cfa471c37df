#include "controller/gslbctl/warnings.h"

#include "controller/gslbctl/certificate_view.h"

namespace meridian::gslbctl {
namespace {

void erase_named(std::set<std::string>& rules, const v1::Site& site) {
  for (const auto& name : site.rules()) rules.erase(name);
}

}  // namespace

std::vector<std::string> certificate_warnings(const std::vector<config::Document>& documents,
                                              WallTime now) {
  std::vector<std::string> warnings;
  for (const auto& document : documents) {
    const auto& resource = document.resource;
    const auto why = not_valid(resource.certificate(), now);
    if (!why.empty()) warnings.push_back("Certificate " + resource.name() + " " + why);
  }
  return warnings;
}

std::vector<std::string> service_warnings(const std::vector<config::Document>& documents,
                                          const v1::ApplyResponse& applied) {
  std::set<std::string> outspoken;  // nodes whose document says `drained: false`
  for (const auto& document : documents)
    if (document.resource.has_node() && document.lines.contains("spec.drained"))
      outspoken.insert(document.resource.name());
  std::vector<std::string> warnings;
  for (const auto& change : applied.changes()) {
    const auto& name = change.resource().name();
    const auto& after = change.after();
    if (!change.before().node().drained() || !after.has_node() || after.node().drained() ||
        outspoken.contains(name))
      continue;
    const bool dns = after.node().role() == v1::ROLE_DNS;  // of which it is a mark only
    warnings.push_back(
        (dns ? "takes the mark `drained` from " + name : "puts " + name + " back into service") +
        ": it was drained, and its document does not say `drained: true`");
  }
  return warnings;
}

std::set<std::string> rules_of(const std::vector<config::Document>& documents) {
  std::set<std::string> rules;
  for (const auto& document : documents)
    if (document.resource.has_rule()) rules.insert(document.resource.name());
  return rules;
}

std::vector<std::string> rule_warnings(const std::vector<config::Document>& documents,
                                       const std::vector<v1::Resource>& sites) {
  auto rules = rules_of(documents);
  std::set<std::string> replaced;
  for (const auto& document : documents) {
    if (!document.resource.has_site()) continue;
    replaced.insert(document.resource.name());
    erase_named(rules, document.resource.site());
  }
  for (const auto& site : sites)
    if (!replaced.contains(site.name())) erase_named(rules, site.site());
  std::vector<std::string> warnings;
  for (const auto& rule : rules)
    warnings.push_back("no site names Rule " + rule + ": it does nothing yet");
  return warnings;
}

}  // namespace meridian::gslbctl
