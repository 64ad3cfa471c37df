#include "controller/gslbctl/steering_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

#include "controller/gslbctl/render.h"

namespace meridian::gslbctl {
namespace {

constexpr int kMostShown = 20;
constexpr int kBarWidth = 24;

template <class... Values>
std::string format(const char* how, Values... values) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, how, values...);
  return buffer;
}

/// Aligned to the right for shares below 1.
std::string percent(double share) {
  if (share > 0 && share < 0.0005) return "<0.1 %";
  return format("%4.1f %%", share * 100);
}

std::string kilometres(double km) { return format("%5ld km", std::lround(km)); }

/// How a distance changes: "  820 km (+408)".
std::string changed(double before, double after) {
  const auto difference = std::lround(after) - std::lround(before);
  return kilometres(after) + (difference == 0 ? "" : format(" (%+ld)", difference));
}

/// `part` of `whole`, in eighths of a character.
std::string bar(double part, double whole) {
  static constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (whole <= 0 || part <= 0) return "";
  const auto eighths =
      std::max(1L, std::lround(std::min(1.0, part / whole) * kBarWidth * kEighths.size()));
  std::string text;
  for (auto left = eighths / 8; left > 0; --left) text += "█";
  return text + std::string(kEighths[static_cast<std::size_t>(eighths % 8)]);
}

std::string megabytes(std::uint64_t bytes) {
  return format("%.1f MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string and_more(int more) {
  return more <= 0 ? "" : "and " + std::to_string(more) + " more: -o json lists them\n";
}

std::string locations_text(const v1::SpaceReport& space, bool colours) {
  Table table{{"LOCATION", "SHARE", "", "MEAN", "95 % WITHIN"}, {}};
  const double most = space.locations().empty() ? 0 : space.locations(0).share();
  const auto shown = std::min(space.locations_size(), kMostShown);
  for (int i = 0; i < shown; ++i) {
    const auto& one = space.locations(i);
    const bool used = one.share() > 0;
    table.rows.push_back(
        {one.location(), Cell(percent(one.share()), used ? Tone::normal : Tone::doubtful),
         Cell(used ? bar(one.share(), most) : " ", Tone::good),
         used ? kilometres(one.mean_km()) : "", used ? kilometres(one.p95_km()) : ""});
  }
  if (space.nowhere_share() > 0)
    table.rows.push_back({"nowhere", Cell(percent(space.nowhere_share()), Tone::bad),
                          Cell(bar(space.nowhere_share(), most), Tone::bad), "", ""});
  table.rows.push_back(
      {"all", " 100 %", " ", kilometres(space.mean_km()), kilometres(space.p95_km())});
  return table.text(colours) + and_more(space.locations_size() - shown);
}

std::string gains_text(const v1::LossReport& loss, double nowhere_before) {
  if (loss.moved_share() <= 0) return "nothing moves";
  std::vector<std::string> gains;
  for (const auto& gain : loss.gains())
    gains.push_back(gain.location() + " " +
                    format("%.0f %%", 100 * gain.share() / loss.moved_share()));
  const auto nowhere = loss.nowhere_share() - nowhere_before;
  if (nowhere > 0)
    gains.push_back("nowhere " + format("%.0f %%", 100 * nowhere / loss.moved_share()));
  return joined(gains, 4);
}

std::string losses_text(const v1::SpaceReport& space, bool colours) {
  if (space.losses().empty()) return "";
  Table table{{"IF LOST", "MOVES", "MEAN OF ALL", "95 % WITHIN", "GOES TO"}, {}};
  const auto shown = std::min(space.losses_size(), kMostShown);
  for (int i = 0; i < shown; ++i) {
    const auto& loss = space.losses(i);
    const bool cut_off = loss.nowhere_share() > space.nowhere_share();
    table.rows.push_back(
        {loss.location(), percent(loss.moved_share()), changed(space.mean_km(), loss.mean_km()),
         changed(space.p95_km(), loss.p95_km()),
         Cell(gains_text(loss, space.nowhere_share()), cut_off ? Tone::bad : Tone::normal)});
  }
  return "\n" + table.text(colours) + and_more(space.losses_size() - shown);
}

std::string space_text(const v1::SpaceReport& space, bool colours) {
  auto text = "\nIPv" + std::to_string(space.ip_version()) + ", by " +
              (space.ip_version() == 4 ? "addresses" : "networks of 48 bits");
  if (space.unknown_share() > 0) {
    text += "; of " + format("%.1f %%", space.unknown_share() * 100) +
            " of the space the place is not known: ";
    text += space.unknown_location().empty() ? "no answer" : "led to " + space.unknown_location();
  }
  text += "\n";
  if (space.unknown_share() >= 1) return text;
  return text + locations_text(space, colours) + losses_text(space, colours);
}

std::string policy_text(const v1::PolicyReport& policy, bool colours) {
  const auto name = policy.steering_policy().empty() ? "Nearest healthy edge (the default policy)"
                                                     : "Policy " + policy.steering_policy();
  std::string text = painted(name, Tone::good, colours);
  if (policy.site_count() == 0)
    text += ": no site has it; as if all edges served one\n";
  else
    text += (policy.site_count() == 1 ? ", site " : ", sites ") + joined(policy.sites(), 4) +
            (policy.site_count() > 4 && policy.sites_size() < static_cast<int>(policy.site_count())
                 ? " (" + std::to_string(policy.site_count()) + " in all)"
                 : "") +
            "\n";
  text += "table: " + std::to_string(policy.ranges()) + " prefix ranges, " +
          std::to_string(policy.rankings()) + " rankings, " + megabytes(policy.table_bytes()) +
          "\n";
  if (policy.spaces().empty()) text += "no edge serves it\n";
  for (const auto& space : policy.spaces()) text += space_text(space, colours);
  return text;
}

}  // namespace

std::string steering_report_text(const v1::SteeringReport& report, bool colours) {
  std::string text;
  for (const auto& policy : report.policies()) text += policy_text(policy, colours) + "\n";
  if (report.policies().empty()) text += "no site and no steering policy is declared\n\n";
  if (report.policies_left_out() > 0)
    text += "and " + std::to_string(report.policies_left_out()) +
            " more policies: name one, or a --site\n";
  return text + "as if all edges were healthy; by " + report.node() + ", revision " +
         std::to_string(report.revision()) + ", in " +
         format("%.1f s",
                static_cast<double>(report.took().seconds()) + report.took().nanos() / 1e9) +
         "\n";
}

}  // namespace meridian::gslbctl
