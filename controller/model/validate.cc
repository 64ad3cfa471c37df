#include "controller/model/validate.h"

#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

void check_name(Check& check) {
  const auto& resource = check.resource();
  const auto problem = resource.has_node() ? node_name_problem(resource.name())
                                           : resource_name_problem(resource.name());
  if (problem) check.wrong("name", *problem);
}

void check_spec(Check& check) {
  const auto& resource = check.resource();
  switch (resource.spec_case()) {
    case v1::Resource::kLocation:
      return check_location(check, resource.location());
    case v1::Resource::kNode:
      return check_node(check, resource.node());
    case v1::Resource::kZone:
      return check_zone(check, resource.zone());
    case v1::Resource::kSite:
      return check_site(check, resource.site());
    case v1::Resource::kOriginPool:
      return check_origin_pool(check, resource.origin_pool());
    case v1::Resource::kSteeringPolicy:
      return check_steering_policy(check, resource.steering_policy());
    case v1::Resource::kRule:
      return check_rule(check, resource.rule());
    case v1::Resource::kCertificate:
      return check_certificate(check, resource.certificate());
    case v1::Resource::kPrefixMap:
      return check_prefix_map(check, resource.prefix_map());
    case v1::Resource::kDnsSettings:
      return check_dns_settings(check, resource.dns_settings());
    case v1::Resource::kTsigKey:
      return check_tsig_key(check, resource.tsig_key());
    case v1::Resource::kEdgeSettings:
      return check_edge_settings(check, resource.edge_settings());
    case v1::Resource::kZoneContent:
      return check_zone_content(check, resource.zone_content());
    case v1::Resource::SPEC_NOT_SET:
      return check.wrong("kind", "is missing");
  }
}

}  // namespace

std::vector<v1::Violation> validate(const Configuration& configuration,
                                    CertificateReader& certificates) {
  Findings findings;
  const Overview overview(configuration, certificates);
  for (const auto& [id, resource] : configuration.resources()) {
    if (findings.full()) break;
    Check check(overview, resource, findings);
    check_name(check);
    check_spec(check);
  }
  return findings.take();
}

std::vector<v1::Violation> validate(const Configuration& configuration) {
  CertificateReader certificates;
  return validate(configuration, certificates);
}

}  // namespace meridian::control
