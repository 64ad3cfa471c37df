#include <algorithm>

#include "common/zone/contents.h"

namespace meridian::zone {
namespace {

constexpr std::uint32_t kDefaultTtl = 300;
constexpr std::uint32_t kDefaultNegativeTtl = 60;
constexpr std::uint32_t kDefaultRefresh = 3'600;
constexpr std::uint32_t kDefaultRetry = 600;
constexpr std::uint32_t kDefaultExpire = 1'209'600;
constexpr std::int64_t kMostTtl = 0x7fffffff;  // RFC 2181 section 8
constexpr std::size_t kMostLabel = 63;
constexpr std::size_t kMostName = 255;
constexpr std::size_t kMostShown = 80;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string shown(const std::string& contact) {
  return "'" + contact.substr(0, kMostShown) + (contact.size() > kMostShown ? "...'" : "'");
}

}  // namespace

std::string relative_text(const WireName& name, const WireName& apex) {
  auto whole = name_text(name);
  if (!is_within(name, apex) || apex.size() == 1) return whole;
  if (name.size() == apex.size()) return "@";
  auto relative = name_text(name.substr(0, name.size() - apex.size()) + '\0');
  relative.pop_back();
  // Whoever reads `a.zone.example` in the zone `zone.example` takes it for a forgotten dot.
  auto zone = name_text(apex);
  zone.pop_back();
  return relative == zone || relative.ends_with("." + zone) ? whole : relative;
}

std::optional<std::string> contact_of(const WireName& rname) {
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rname[0]));
  if (size == 0) return {};
  const auto local = rname.substr(1, size);
  const auto plain = [](char c) { return c > ' ' && c < 0x7f; };
  if (!std::all_of(local.begin(), local.end(), plain)) return {};
  auto domain = name_text(lower(rname.substr(size + 1)));
  domain.pop_back();
  if (domain.empty() || !std::all_of(domain.begin(), domain.end(), is_host_character)) return {};
  return local + "@" + domain;
}

Result<WireName> rname_of(const std::string& contact, const WireName& apex) {
  if (contact.empty()) {
    auto name = "\x0ahostmaster" + apex;
    if (name.size() > kMostName)
      return Error("is missing, and hostmaster@ the zone is longer than the 255 octets of a name");
    return name;
  }
  const auto sign = contact.rfind('@');
  if (sign == std::string::npos || sign == 0)
    return Error(shown(contact) + " is not a mail address such as hostmaster@shop.example");
  if (sign > kMostLabel)
    return Error(shown(contact) + " has " + std::to_string(sign) +
                 " characters before '@'; the SOA holds at most 63 (RFC 1035 section 8)");
  const auto domain = parse_name(std::string_view(contact).substr(sign + 1));
  if (!domain) return domain.error();
  auto name = static_cast<char>(sign) + contact.substr(0, sign) + *domain;
  if (name.size() > kMostName)
    return Error(shown(contact) + " is longer than the 255 octets that the SOA holds of it");
  return name;
}

Result<ApexValues> apex_values(const v1::Zone& zone) {
  std::optional<Error> wrong;
  const auto seconds = [&](const char* field, bool given, const google::protobuf::Duration& value,
                           std::uint32_t otherwise) {
    if (!given) return otherwise;
    if (value.seconds() < 0 || value.seconds() > kMostTtl || value.nanos() != 0)
      wrong = Error(field, "is not a whole number of seconds from 0s to 2147483647s");
    return static_cast<std::uint32_t>(value.seconds());
  };
  ApexValues values{};
  values.default_ttl =
      seconds("spec.default_ttl", zone.has_default_ttl(), zone.default_ttl(), kDefaultTtl);
  values.soa_ttl = seconds("spec.soa_ttl", zone.has_soa_ttl(), zone.soa_ttl(), values.default_ttl);
  values.nameservers_ttl = seconds("spec.nameservers_ttl", zone.has_nameservers_ttl(),
                                   zone.nameservers_ttl(), values.default_ttl);
  values.refresh = seconds("spec.refresh", zone.has_refresh(), zone.refresh(), kDefaultRefresh);
  values.retry = seconds("spec.retry", zone.has_retry(), zone.retry(), kDefaultRetry);
  values.expire = seconds("spec.expire", zone.has_expire(), zone.expire(), kDefaultExpire);
  values.negative_ttl = seconds("spec.negative_ttl", zone.has_negative_ttl(), zone.negative_ttl(),
                                kDefaultNegativeTtl);
  if (wrong) return *wrong;
  return values;
}

}  // namespace meridian::zone
