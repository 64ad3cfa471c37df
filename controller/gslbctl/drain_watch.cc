#include "controller/gslbctl/drain_watch.h"

#include <algorithm>
#include <cstdio>

namespace meridian::gslbctl {
namespace {

constexpr unsigned kQuietLooks = 5;
constexpr std::uint32_t kFewConnections = 2;
constexpr std::uint64_t kFewBits = 100'000;
/// A rate is measured over a second or less, in which probes do not come evenly.
constexpr double kUnevenness = 1.25;
constexpr double kFewRequests = 1;
/// A query and its answer may be on their way when the edge is left out.
constexpr std::chrono::seconds kOnTheirWay{5};
constexpr std::uint64_t kBarWidth = 30;

std::string rate_text(std::uint64_t bits) {
  const char* const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
  auto value = static_cast<double>(bits);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(units); ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
                units[unit]);
  return text;
}

std::string bar(std::uint64_t part, std::uint64_t whole) {
  std::string text;
  const auto width = whole == 0 ? 0 : (part * kBarWidth + whole - 1) / whole;
  for (std::uint64_t i = 0; i < width; ++i) text += "█";
  return text;
}

/// Probes go on, and each holds a connection for a moment.
bool is_quiet(const v1::EdgeLoad& load, const DrainScene& scene) {
  return load.connections() <= std::max(kFewConnections, scene.probes_per_second) &&
         load.requests_in_flight() <= 1 && load.bits_per_second() < kFewBits &&
         load.requests_per_second() <= kFewRequests + kUnevenness * scene.probes_per_second;
}

}  // namespace

std::string DrainWatch::heading() {
  return "AFTER    CONNECTIONS  IN FLIGHT  REQUESTS/S  SENT          LEFT";
}

std::chrono::seconds DrainWatch::live_after(std::chrono::seconds moment) const {
  return moment + ttl_ + kOnTheirWay;
}

std::string DrainWatch::rest(const v1::EdgeLoad& load, const DrainScene& scene,
                             std::chrono::seconds passed) const {
  if (quiet_ == 0) return bar(load.connections(), most_);
  if (!scene.left_out) return "not all DNS nodes leave it out yet";
  if (passed >= live_until_) return bar(load.connections(), most_);
  return "answers with it live for another " + std::to_string((live_until_ - passed).count()) +
         " s";
}

DrainWatch::State DrainWatch::look(const v1::NodeStatus& status, const DrainScene& scene,
                                   std::chrono::seconds passed) {
  char text[128];
  const auto minutes = static_cast<unsigned long long>(passed.count() / 60);
  const auto seconds = static_cast<unsigned long long>(passed.count() % 60);
  if (!scene.left_out) live_until_ = live_after(passed);
  if (!status.connected() || !status.verdict().has_load()) {
    std::snprintf(text, sizeof text, "%3llu:%02llu   ", minutes, seconds);
    line_ = text + std::string(status.connected() ? "has not reported its load yet"
                                                  : "not connected: it has stopped, or is cut off");
    quiet_ = 0;
    return State::drains;
  }
  const auto& load = status.verdict().load();
  most_ = std::max<std::uint64_t>(most_, load.connections());
  quiet_ = is_quiet(load, scene) ? quiet_ + 1 : 0;
  std::snprintf(text, sizeof text, "%3llu:%02llu   %11u  %9u  %10.0f  %-12s  ", minutes, seconds,
                load.connections(), load.requests_in_flight(), load.requests_per_second(),
                rate_text(load.bits_per_second()).c_str());
  line_ = text + rest(load, scene, passed);
  return quiet_ >= kQuietLooks && passed >= live_until_ ? State::empty : State::drains;
}

}  // namespace meridian::gslbctl
