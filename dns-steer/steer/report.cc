#include "dns-steer/steer/report.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/nearest.h"
#include "common/base/result.h"
#include "dns-steer/steer/lead.h"
#include "dns-steer/steer/space_report.h"

namespace meridian::dns {
namespace {

constexpr std::size_t kMostPolicies = 16;
constexpr int kMostSites = 16;
constexpr int kMostLost = 64;

/// `what`: "location". The Error names near ones.
template <class Named>
Error unknown(const std::string& what, const std::string& name, const std::vector<Named>& all) {
  std::vector<std::string_view> names;
  for (const auto& one : all) names.push_back(one.name);
  return Error("there is no " + what + " '" + name + "'" + did_you_mean(name, names));
}

Result<std::vector<LocationId>> lost_locations(const Fleet& fleet,
                                               const v1::SteeringReportRequest& request) {
  if (request.lost_size() > kMostLost)
    return Error("more than " + std::to_string(kMostLost) + " locations are to be lost");
  std::vector<LocationId> lost;
  for (const auto& name : request.lost()) {
    const auto found = std::find_if(fleet.locations.begin(), fleet.locations.end(),
                                    [&](const Location& one) { return one.name == name; });
    if (found == fleet.locations.end()) return unknown("location", name, fleet.locations);
    lost.push_back(static_cast<LocationId>(found - fleet.locations.begin()));
  }
  return lost;
}

/// What is reported together: sites of one policy that the same edges serve.
struct Subject {
  const Policy* policy = nullptr;
  const std::array<CandidateSet, 2>* candidates = nullptr;
  std::vector<std::string> sites;
};

/// Ordered by policy.
Result<std::vector<Subject>> find_subjects(const Fleet& fleet,
                                           const v1::SteeringReportRequest& request,
                                           const std::array<CandidateSet, 2>& all_edges) {
  const auto wanted = [&](const Policy& policy) {
    return request.steering_policy().empty() || policy.name == request.steering_policy();
  };
  std::map<std::pair<std::string, std::uint32_t>, Subject> subjects;
  bool site_exists = false;
  std::set<std::string> used;
  for (const auto& site : fleet.sites) {
    const auto& policy = fleet.policies[site.policy];
    used.insert(policy.name);
    if (!request.site().empty() && site.name != request.site()) continue;
    site_exists = true;
    if (!wanted(policy)) continue;
    auto& subject = subjects[{policy.name, site.candidates}];
    subject.policy = &policy;
    subject.candidates = &fleet.candidates[site.candidates];
    subject.sites.push_back(site.name);
  }
  if (!request.site().empty() && !site_exists) return unknown("site", request.site(), fleet.sites);
  bool policy_exists = false;
  for (const auto& policy : fleet.policies) {
    policy_exists |= wanted(policy);
    const bool unused = !used.contains(policy.name) && (!policy.name.empty() || used.empty());
    if (unused && wanted(policy) && request.site().empty())
      subjects[{policy.name, 0}] = {&policy, &all_edges, {}};
  }
  if (!policy_exists) return unknown("steering policy", request.steering_policy(), fleet.policies);
  std::vector<Subject> result;
  for (auto& [key, subject] : subjects) result.push_back(std::move(subject));
  return result;
}

v1::PolicyReport report(const Fleet& fleet, const Subject& subject, const World& world,
                        const std::vector<LocationId>& lost) {
  v1::PolicyReport report;
  report.set_steering_policy(subject.policy->name);
  report.set_site_count(static_cast<std::uint32_t>(subject.sites.size()));
  for (const auto& site : subject.sites)
    if (report.sites_size() < kMostSites) report.add_sites(site);
  for (const auto* table : tables_of(fleet, *subject.policy)) {
    report.set_ranges(report.ranges() + table->ranges());
    report.set_rankings(report.rankings() + table->rankings());
    report.set_table_bytes(report.table_bytes() + table->bytes());
  }
  for (const auto family : {Family::v4, Family::v6}) {
    const auto& candidates = (*subject.candidates)[family == Family::v4 ? 0 : 1];
    if (candidates.all.empty()) continue;
    *report.add_spaces() = report_space(fleet, *subject.policy, candidates, family, world, lost);
  }
  return report;
}

}  // namespace

v1::SteeringReport report_steering(const Fleet& fleet, const World& world,
                                   const v1::SteeringReportRequest& request) {
  v1::SteeringReport result;
  const std::array<CandidateSet, 2> all_edges{find_candidates(fleet, {}, Family::v4),
                                              find_candidates(fleet, {}, Family::v6)};
  const auto lost = lost_locations(fleet, request);
  const auto subjects = find_subjects(fleet, request, all_edges);
  if (!lost || !subjects) {
    result.set_error((lost ? subjects.error() : lost.error()).what);
    return result;
  }
  for (const auto& subject : *subjects) {
    if (result.policies_size() < static_cast<int>(kMostPolicies))
      *result.add_policies() = report(fleet, subject, world, *lost);
    else
      result.set_policies_left_out(result.policies_left_out() + 1);
  }
  return result;
}

}  // namespace meridian::dns
