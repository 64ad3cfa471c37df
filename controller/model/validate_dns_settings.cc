#include <string>

#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::uint32_t kLeastUdpSize = 512;
constexpr std::uint32_t kMostUdpSize = 1452;
constexpr std::uint32_t kMostRate = 1'000'000;
constexpr std::uint32_t kMostSlip = 1'000;
constexpr std::uint32_t kMostAmplification = 65'535;
constexpr std::size_t kMostText = 255;  // of a string in a TXT record
constexpr int kMostExempt = 64;
constexpr int kMostExplain = 64;

void check_rate_limit(Check& check, const v1::ResponseRateLimit& limit) {
  check.number("spec.rate_limit.answers_per_second", limit.answers_per_second(), 1, kMostRate);
  if (limit.has_slip()) check.number("spec.rate_limit.slip", limit.slip(), 0, kMostSlip);
  // Each is compared for each answer.
  if (limit.exempt_prefixes_size() > kMostExempt)
    check.wrong("spec.rate_limit.exempt_prefixes",
                "has more than " + std::to_string(kMostExempt) + " prefixes");
  check.prefixes("spec.rate_limit.exempt_prefixes", limit.exempt_prefixes());
}

}  // namespace

void check_dns_settings(Check& check, const v1::DnsSettings& settings) {
  if (check.resource().name() != "default")
    check.wrong("name", in_quotes(check.resource().name()) +
                            ": the settings of DNS nodes are one resource, named 'default'");
  if (settings.version().size() > kMostText)
    check.wrong("spec.version", "is longer than " + std::to_string(kMostText) + " characters");
  if (settings.has_udp_size())
    check.number("spec.udp_size", settings.udp_size(), kLeastUdpSize, kMostUdpSize);
  if (settings.has_amplification_limit())
    check.number("spec.amplification_limit", settings.amplification_limit(), 0, kMostAmplification);
  const auto& cookies = settings.cookies();
  if (cookies.required() && cookies.has_enabled() && !cookies.enabled())
    check.wrong("spec.cookies.required", "cookies cannot be required where they are not enabled");
  if (settings.has_rate_limit()) check_rate_limit(check, settings.rate_limit());
  if (settings.explain_prefixes_size() > kMostExplain)
    check.wrong("spec.explain_prefixes",
                "has more than " + std::to_string(kMostExplain) + " prefixes");
  check.prefixes("spec.explain_prefixes", settings.explain_prefixes());
}

}  // namespace meridian::control
