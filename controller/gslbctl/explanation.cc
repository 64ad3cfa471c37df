#include "controller/gslbctl/explanation.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "common/config/duration.h"
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

Table ranking_table(const v1::ExplainResponse& response) {
  Table table{{"RANK", "EDGE", "LOCATION", "DISTANCE", "HEALTH", "ANSWERED", "REASON"}, {}};
  int rank = 0;
  for (const auto& edge : response.ranking()) {
    const auto distance = response.place().known()
                              ? std::to_string(std::lround(edge.distance_km())) + " km"
                              : std::string();
    table.rows.push_back({std::to_string(++rank), edge.node(), edge.location(), distance,
                          edge.healthy() ? Cell("healthy", Tone::good) : Cell("down", Tone::bad),
                          edge.answered() ? Cell("yes", Tone::good) : Cell("no"), edge.reason()});
  }
  return table;
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
  text += "  asked     " + response.node() + ", revision " + std::to_string(response.revision()) +
          ", " +
          (response.verdicts_fresh() ? "the controller's verdicts are fresh"
                                     : "verdicts are stale: it follows its own probes") +
          "\n\n";
  if (!response.ranking().empty()) text += ranking_table(response).text(colours) + "\n";
  text += "  answer    " + (response.answer().empty() ? std::string("none (NODATA)")
                                                      : joined(response.answer(), 16));
  if (response.has_ttl()) text += "  TTL " + config::duration_text(response.ttl());
  text += "\n  because   " + response.reason() + "\n";
  return text;
}

}  // namespace meridian::gslbctl
