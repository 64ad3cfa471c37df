#include "dns-steer/compile/settings.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "dns-steer/query/message.h"

namespace meridian::dns {
namespace {

constexpr std::uint32_t kMostRate = 1'000'000;

Result<RateLimits> compile_limits(const v1::ResponseRateLimit& from) {
  RateLimits limits;
  if (from.answers_per_second() < 1 || from.answers_per_second() > kMostRate)
    return Error("answers_per_second", "is not from 1 to " + std::to_string(kMostRate));
  limits.interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / from.answers_per_second();
  if (from.has_slip()) limits.slip = from.slip();
  for (int i = 0; i < from.exempt_prefixes_size(); ++i) {
    const auto prefix = parse_prefix(from.exempt_prefixes(i));
    if (!prefix) return at("exempt_prefixes[" + std::to_string(i) + "]", prefix.error());
    limits.exempt.push_back(*prefix);
  }
  return limits;
}

Result<std::vector<CookieMaster>> compile_masters(const v1::Snapshot& from) {
  std::vector<CookieMaster> masters;
  for (const auto& packed : from.cookie_secrets()) {
    v1::CookieSecret secret;
    auto& master = masters.emplace_back();
    if (!secret.ParseFromString(packed) || secret.secret().size() != master.secret.size())
      return Error("cookie secret " + std::to_string(masters.size()),
                   "is damaged: it has not 16 bytes");
    std::copy(secret.secret().begin(), secret.secret().end(), master.secret.begin());
    master.sign_from = static_cast<std::uint32_t>(secret.sign_from());
  }
  return masters;
}

Result<void> apply(const v1::DnsSettings& from, const std::string& node, AnswerSettings& settings) {
  for (int i = 0; i < from.explain_prefixes_size(); ++i) {
    const auto prefix = parse_prefix(from.explain_prefixes(i));
    if (!prefix) return at("spec.explain_prefixes[" + std::to_string(i) + "]", prefix.error());
    settings.explain_prefixes.push_back(*prefix);
  }
  if (from.has_nsid() && !from.nsid()) settings.nsid.clear();
  if (from.chaos()) {
    settings.chaos_id = node;
    settings.chaos_version = from.has_version() ? from.version() : "Meridian";
  }
  if (from.has_udp_size()) {
    if (from.udp_size() < kPlainUdpOctets || from.udp_size() > kMostUdpOctets)
      return Error("spec.udp_size", "is not from " + std::to_string(kPlainUdpOctets) + " to " +
                                        std::to_string(kMostUdpOctets));
    settings.udp_octets = static_cast<std::uint16_t>(from.udp_size());
  }
  if (from.has_amplification_limit()) settings.amplification = from.amplification_limit();
  if (from.cookies().has_enabled()) settings.cookies &= from.cookies().enabled();
  settings.demand_cookies = from.cookies().required() && settings.cookies;
  if (from.has_rate_limit()) {
    auto limits = compile_limits(from.rate_limit());
    if (!limits) return at("spec.rate_limit", limits.error());
    settings.rate_limits = std::move(*limits);
  }
  return {};
}

}  // namespace

Result<AnswerSettings> compile_settings(const v1::Snapshot& from,
                                        const std::vector<v1::Resource>& resources) {
  AnswerSettings settings;
  settings.node = from.node();
  settings.nsid = from.node();
  auto masters = compile_masters(from);
  if (!masters) return masters.error();
  // Without the fleet's secret every node would refuse what another gave: then there are none.
  settings.cookies = !masters->empty();
  if (settings.cookies) settings.cookie_masters = std::move(*masters);
  for (const auto& resource : resources) {
    if (!resource.has_dns_settings()) continue;
    if (auto applied = apply(resource.dns_settings(), from.node(), settings); !applied)
      return at("DNS settings " + resource.name(), applied.error());
  }
  return settings;
}

}  // namespace meridian::dns
