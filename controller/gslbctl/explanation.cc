#include "controller/gslbctl/explanation.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "common/config/duration.h"
#include "common/config/enum_text.h"
#include "controller/gslbctl/render.h"

namespace meridian::gslbctl {
namespace {

/// "48.86 N, 2.35 E".
std::string coordinates(const v1::ClientPlace& place) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.2f %c, %.2f %c", std::abs(place.latitude()),
                place.latitude() < 0 ? 'S' : 'N', std::abs(place.longitude()),
                place.longitude() < 0 ? 'W' : 'E');
  return buffer;
}

std::string place_text(const v1::ClientPlace& place) {
  std::string network;
  if (place.asn() != 0) {
    network = "; AS" + std::to_string(place.asn());
    if (!place.asn_name().empty()) network += " " + place.asn_name();
  }
  if (!place.known()) return "not known to the geographic database" + network;
  std::string text = place.country().empty() ? "" : place.country() + ", ";
  text += coordinates(place);
  if (!place.prefix().empty()) text += " (as all of " + place.prefix() + ")";
  return text + network;
}

/// "93 %, sheds 40 %".
std::string load_text(const v1::RankedEdge& edge) {
  const auto percent = [](double part) { return std::to_string(std::lround(part * 100)) + " %"; };
  std::string text;
  if (edge.has_utilisation()) text = percent(edge.utilisation());
  if (edge.shed() > 0) text += (text.empty() ? "sheds " : ", sheds ") + percent(edge.shed());
  return text;
}

Table ranking_table(const v1::ExplainResponse& response) {
  Table table{{"RANK", "EDGE", "LOCATION", "DISTANCE", "HEALTH", "LOAD", "ANSWERED", "REASON"}, {}};
  int rank = 0;
  for (const auto& edge : response.ranking()) {
    const auto distance = response.place().known()
                              ? std::to_string(std::lround(edge.distance_km())) + " km"
                              : std::string();
    table.rows.push_back({std::to_string(++rank), edge.node(), edge.location(), distance,
                          edge.healthy() ? Cell("healthy", Tone::good) : Cell("down", Tone::bad),
                          load_text(edge), edge.answered() ? Cell("yes", Tone::good) : Cell("no"),
                          edge.reason()});
  }
  return table;
}

/// "allow only par, fra".
std::string action_text(const v1::MatchedOverride& matched) {
  const auto action = matched.action() == v1::OVERRIDE_ACTION_ALLOW_ONLY ? "allow only "
                      : matched.action() == v1::OVERRIDE_ACTION_DENY     ? "deny "
                                                                         : "prefer ";
  return action + joined(matched.locations());
}

/// What decided besides the place.
std::string rules_text(const v1::ExplainResponse& response) {
  std::string text;
  if (response.has_override())
    text += "  override  overrides[" + std::to_string(response.override().index()) +
            "] matches by " + response.override().matched_by() + ": " +
            action_text(response.override()) + "\n";
  if (response.has_prefix_map())
    text += "  map       " + response.prefix_map().prefix_map() + " has " +
            response.prefix_map().prefix() + ": " + joined(response.prefix_map().locations()) +
            "\n";
  return text;
}

std::string answer_text(const v1::ExplainResponse& response) {
  const auto ttl = response.has_ttl() ? "  TTL " + config::duration_text(response.ttl()) : "";
  const auto addresses = [](const auto& all) {
    return all.empty() ? std::string("none (NODATA)") : joined(all, 16);
  };
  if (response.families().empty())
    return "  answer    " + addresses(response.answer()) + ttl + "\n";
  std::string text;
  for (const auto& family : response.families()) {
    text += "  " + family.type() + std::string(10 - family.type().size(), ' ') +
            addresses(family.addresses()) + ttl + ", scope /" + std::to_string(family.scope()) +
            ", by " + family.eligible() + "\n";
    for (const auto& asked : family.policies())
      text += "            " + (asked.path().empty() ? "default policy" : asked.path()) + " (" +
              config::enum_text(*v1::SteeringMethod_descriptor(), asked.method()) +
              "): " + asked.text() + "\n";
  }
  return text;
}

}  // namespace

std::string explanation_text(const std::string& hostname, const std::string& client,
                             const v1::ExplainResponse& response, bool colours) {
  const auto policy =
      response.steering_policy().empty() ? "nearest healthy edge" : response.steering_policy();
  auto text = hostname + " for " + client + "\n";
  text += "  client    " + place_text(response.place()) + "\n";
  text += "  site      " + (response.site().empty() ? "-" : response.site()) + ", steered by " +
          policy + "\n";
  text += rules_text(response);
  text += "  asked     " + response.node() + ", revision " + std::to_string(response.revision()) +
          ", " +
          (response.verdicts_fresh() ? "the controller's verdicts are fresh"
                                     : "verdicts are stale: it follows its own probes") +
          "\n\n";
  if (!response.ranking().empty()) text += ranking_table(response).text(colours) + "\n";
  return text + answer_text(response) + "  because   " + response.reason() + "\n";
}

}  // namespace meridian::gslbctl
