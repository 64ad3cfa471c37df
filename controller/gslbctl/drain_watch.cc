#include "controller/gslbctl/drain_watch.h"

#include <algorithm>
#include <cstdio>

namespace meridian::gslbctl {
namespace {

constexpr unsigned kQuietLooks = 3;
/// Probes of DNS nodes go on, and hold a connection now and then.
constexpr std::uint32_t kFewConnections = 2;
constexpr std::uint64_t kFewBits = 100'000;
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

}  // namespace

std::string DrainWatch::heading() {
  return "AFTER    CONNECTIONS  IN FLIGHT  REQUESTS/S  SENT          LEFT";
}

DrainWatch::State DrainWatch::look(const v1::NodeStatus& status, std::uint64_t seconds) {
  char text[128];
  const auto minutes = static_cast<unsigned long long>(seconds / 60);
  const auto rest = static_cast<unsigned long long>(seconds % 60);
  if (!status.connected() || !status.verdict().has_load()) {
    std::snprintf(text, sizeof text, "%3llu:%02llu   ", minutes, rest);
    line_ = text + std::string(status.connected() ? "has not reported its load yet"
                                                  : "not connected: it has stopped, or is cut off");
    quiet_ = 0;
    return State::drains;
  }
  const auto& load = status.verdict().load();
  most_ = std::max<std::uint64_t>(most_, load.connections());
  std::snprintf(text, sizeof text, "%3llu:%02llu   %11u  %9u  %10.0f  %-12s  ", minutes, rest,
                load.connections(), load.requests_in_flight(), load.requests_per_second(),
                rate_text(load.bits_per_second()).c_str());
  line_ = text + bar(load.connections(), most_);
  const bool quiet = load.connections() <= kFewConnections && load.requests_in_flight() <= 1 &&
                     load.bits_per_second() < kFewBits;
  quiet_ = quiet ? quiet_ + 1 : 0;
  return quiet_ >= kQuietLooks ? State::empty : State::drains;
}

}  // namespace meridian::gslbctl
