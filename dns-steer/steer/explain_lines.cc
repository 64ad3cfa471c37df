#include "dns-steer/steer/explain_lines.h"

#include <cmath>
#include <cstdio>

namespace meridian::dns {
namespace {

constexpr int kMostEdges = 16;
constexpr int kMostListed = 8;
constexpr std::size_t kMostOctets = 255;  // of a string in a TXT record

class Lines {
 public:
  void add(std::string text) {
    char number[8];
    std::snprintf(number, sizeof number, "%02zu ", all_.size() + 1);
    text.insert(0, number);
    if (text.size() > kMostOctets) text = text.substr(0, kMostOctets - 3) + "...";
    all_.push_back(std::move(text));
  }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

template <class Texts>
std::string listed(const Texts& texts) {
  std::string text;
  for (int i = 0; i < texts.size() && i < kMostListed; ++i) text += (i == 0 ? "" : ", ") + texts[i];
  if (texts.size() > kMostListed) text += " +" + std::to_string(texts.size() - kMostListed);
  return text.empty() ? "none" : text;
}

std::string place_text(const v1::ClientPlace& place) {
  std::string text = "place: ";
  if (!place.known()) {
    text += "not known to the databases";
  } else {
    char at[64];
    std::snprintf(at, sizeof at, "%.2f %.2f", place.latitude(), place.longitude());
    for (const auto* part : {&place.continent(), &place.country(), &place.subdivision()})
      if (!part->empty()) text += *part + " ";
    text += at;
    if (!place.prefix().empty()) text += ", as all of " + place.prefix();
  }
  if (place.asn() != 0) {
    text += "; AS" + std::to_string(place.asn());
    if (!place.asn_name().empty()) text += " " + place.asn_name();
  }
  return text;
}

std::string action_text(v1::OverrideAction action) {
  switch (action) {
    case v1::OVERRIDE_ACTION_ALLOW_ONLY:
      return "allow only ";
    case v1::OVERRIDE_ACTION_DENY:
      return "deny ";
    default:
      return "prefer ";
  }
}

std::string edge_text(int rank, const v1::RankedEdge& edge, bool place_known) {
  auto text = "rank " + std::to_string(rank) + ": " + edge.node() + " at " + edge.location();
  if (place_known) text += ", " + std::to_string(std::lround(edge.distance_km())) + " km";
  text += edge.healthy() ? ", healthy" : ", down";
  if (!edge.reason().empty()) text += " (" + edge.reason() + ")";
  if (edge.answered()) text += ", answers";
  return text;
}

}  // namespace

std::vector<std::string> explanation_lines(const v1::ExplainResponse& explanation,
                                           const std::string& who) {
  Lines lines;
  lines.add("client: " + who);
  if (!explanation.error().empty()) {
    lines.add("error: " + explanation.error());
    return lines.take();
  }
  lines.add(place_text(explanation.place()));
  const auto& policy = explanation.steering_policy();
  lines.add("site: " + explanation.site() + ", steered by " +
            (policy.empty() ? "the default policy" : policy));
  if (explanation.has_override()) {
    const auto& one = explanation.override();
    lines.add("override: " + std::to_string(one.index()) + " matches by " + one.matched_by() +
              ": " + action_text(one.action()) + listed(one.locations()));
  }
  if (explanation.has_prefix_map()) {
    const auto& one = explanation.prefix_map();
    lines.add("prefix map: " + one.prefix_map() + " has " + one.prefix() + ": " +
              listed(one.locations()));
  }
  int rank = 0;
  for (const auto& edge : explanation.ranking()) {
    if (rank == kMostEdges) break;
    lines.add(edge_text(++rank, edge, explanation.place().known()));
  }
  if (explanation.ranking_size() > kMostEdges)
    lines.add("and " + std::to_string(explanation.ranking_size() - kMostEdges) + " more edges");
  for (const auto& family : explanation.families()) {
    lines.add(family.type() + ": " + listed(family.addresses()) + ", TTL " +
              std::to_string(explanation.ttl().seconds()) + ", scope /" +
              std::to_string(family.scope()) + "; by " + family.eligible());
    for (const auto& asked : family.policies()) {
      const auto asked_policy =
          asked.path().empty() ? "default policy" : "policy '" + asked.path() + "'";
      lines.add(family.type() + ": " + asked_policy + ": " + asked.text());
    }
  }
  lines.add("because " + explanation.reason());
  lines.add("node: " + explanation.node() + ", revision " + std::to_string(explanation.revision()) +
            (explanation.verdicts_fresh() ? ", verdicts fresh" : ", verdicts stale: own probes"));
  return lines.take();
}

}  // namespace meridian::dns
