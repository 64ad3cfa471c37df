#include <algorithm>
#include <array>

#include "common/zone/contents.h"
#include "common/zone/records.h"
#include "common/zone/servable.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

using zone::WireName;

constexpr std::chrono::seconds kMostTtl{2147483647};  // RFC 2181 section 8
constexpr std::uint32_t kAnyTtl = 0;                  // records are only checked here
using zone::SetReader;

namespace type {  // RFC 1035 section 3.2.2, RFC 3596, RFC 6672, RFC 9460
constexpr std::uint16_t a = 1, ns = 2, cname = 5, aaaa = 28, dname = 39, https = 65;
}  // namespace type

void check_ttl(Check& check, const std::string& field, const google::protobuf::Duration& ttl) {
  check.duration(field, ttl, {.least = {}, .most = kMostTtl, .whole_seconds = true});
}

/// "hostmaster@shop.example".
void check_contact(Check& check, const std::string& contact, const WireName& apex) {
  const auto sign = contact.rfind('@');
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (sign == std::string::npos || sign == 0 ||
      std::any_of(contact.begin(), contact.end(), blank) ||
      hostname_problem(std::string_view(contact).substr(sign + 1), Wildcard::refused) ||
      !zone::parse_name(contact.substr(sign + 1)))
    return check.wrong(
        "spec.contact",
        in_quotes(contact) + " is not a mail address such as hostmaster@shop.example");
  if (const auto rname = zone::rname_of(contact, apex); !rname)
    check.wrong("spec.contact", rname.error().what);
}

/// `shop.example` written relative to `shop.example`: nearly always a forgotten dot, and a name
/// that no query ever asks for. Whoever means it writes the whole name with the dot.
bool check_forgotten_dot(Check& check, const std::string& field, const std::string& text) {
  const auto& zone = check.resource().name();
  if (text != zone && !text.ends_with("." + zone)) return true;
  const auto relative =
      text == zone ? "@" : text.substr(0, text.size() - zone.size() - std::size_t{1});
  check.wrong(field, in_quotes(text) + " without a dot at the end is " +
                         in_quotes(text + "." + zone) + "; did you mean " + in_quotes(relative) +
                         " or " + in_quotes(text + ".") + "?");
  return false;
}

void check_nameservers(Check& check, const v1::Zone& zone, const WireName& apex) {
  if (zone.nameservers().empty())
    check.wrong("spec.nameservers", "is missing: a zone needs at least one name server");
  for (int i = 0; i < zone.nameservers_size(); ++i) {
    const auto field = Check::item("spec.nameservers", i);
    std::string_view text = zone.nameservers(i);
    const auto name = zone::parse_relative_name(text, apex);
    if (text.size() > 1 && text.ends_with('.')) text.remove_suffix(1);
    if (text == "@") {
      // The apex itself: a name already checked.
    } else if (const auto problem = hostname_problem(text, Wildcard::refused)) {
      check.wrong(field, *problem);
    } else if (!name) {
      check.wrong(field, name.error().what);
    } else {
      check_forgotten_dot(check, field, zone.nameservers(i));
    }
    check.repeated("spec.nameservers", zone.nameservers(), i);
  }
}

/// Steered names answer A and AAAA themselves; what would hide or contradict that is refused.
void check_steered(Check& check, const std::string& field, const v1::RecordSet& set,
                   const WireName& owner, std::uint16_t type) {
  constexpr std::array kHiding{type::a,  type::aaaa,  type::cname,
                               type::ns, type::dname, type::https};
  if (std::find(kHiding.begin(), kHiding.end(), type) == kHiding.end()) return;
  auto text = zone::name_text(owner);
  text.pop_back();
  const auto& hostnames = check.overview().hostnames;
  const auto claim = hostnames.find(text);
  if (claim == hostnames.end()) return;
  const auto& site = claim->second.front().site;
  if (type == type::https) {
    const auto* claims = check.overview().configuration.find(v1::KIND_SITE, site);
    if (claims == nullptr || !claims->site().has_https_record()) return;
  }
  check.wrong(field, in_quotes(text) + " is a steered name of Site " + in_quotes(site) +
                         ": it cannot have static " + set.type() + " records");
}

/// Transferred records are as their primary has them: what looks like a mistake is not ours to
/// judge, and at steered names steering has the last word.
enum class From : std::uint8_t { operator_, primary };

void check_records(Check& check, const v1::Zone& zone, const WireName& apex, From from) {
  if (zone.records_size() > static_cast<int>(zone::kMostRecordSets))
    return check.wrong("spec.records", "has more than " + std::to_string(zone::kMostRecordSets) +
                                           " sets; divide the zone by delegations");
  SetReader reader(apex, kAnyTtl,
                   zone.sign() ? SetReader::Signing::here : SetReader::Signing::none);
  for (int i = 0; i < zone.records_size(); ++i) {
    const auto& set = zone.records(i);
    const auto field = Check::item("spec.records", i);
    if (set.name().empty()) {
      check.wrong(field + ".name", "is missing; '@' is the zone itself");
      continue;
    }
    if (from == From::operator_ && !check_forgotten_dot(check, field + ".name", set.name()))
      continue;
    const auto records = reader.read(set, i);
    if (!records) {
      const auto& where = records.error().where;
      check.wrong(where.empty() ? field : field + "." + where, records.error().what);
      continue;
    }
    const auto& first = records->front();
    if (from == From::operator_)
      check_steered(check, field, set, zone::lower(first.owner), first.type);
  }
}

/// What the SOA holds beside what others share.
void check_soa(Check& check, const v1::Zone& zone, const WireName& apex) {
  if (!zone.mname().empty()) {
    const auto mname = zone::parse_relative_name(zone.mname(), apex);
    if (!mname)
      check.wrong("spec.mname", mname.error().what);
    else if (zone.mname() != "@")
      check_forgotten_dot(check, "spec.mname", zone.mname());
  }
  if (zone.has_refresh()) check_ttl(check, "spec.refresh", zone.refresh());
  if (zone.has_retry()) check_ttl(check, "spec.retry", zone.retry());
  if (zone.has_expire()) check_ttl(check, "spec.expire", zone.expire());
  if (zone.has_soa_ttl()) check_ttl(check, "spec.soa_ttl", zone.soa_ttl());
  if (zone.has_nameservers_ttl()) check_ttl(check, "spec.nameservers_ttl", zone.nameservers_ttl());
}

/// Of the apex what no single field is to blame for, or nobody has looked at yet. Only of a zone in
/// which nothing else is wrong: it would be said twice.
void check_apex(Check& check, const v1::Zone& zone, const WireName& apex) {
  if (!check.is_clean()) return;
  if (const auto read = zone::read_apex(zone, apex); !read)
    check.wrong(read.error().where, read.error().what);
}

}  // namespace

void check_zone(Check& check, const v1::Zone& zone) {
  const auto& name = check.resource().name();
  if (const auto problem = hostname_problem(name, Wildcard::refused)) {
    if (!resource_name_problem(name)) check.wrong("name", *problem);  // else it is noted already
    return;
  }
  const auto apex = zone::parse_name(name);
  if (!apex) return check.wrong("name", apex.error().what);
  check_sharing(check, zone);
  check_zone_signing(check, zone);
  if (!zone.primaries().empty()) return check_secondary(check, zone);
  check_nameservers(check, zone, *apex);
  if (!zone.contact().empty()) check_contact(check, zone.contact(), *apex);
  if (zone.has_default_ttl()) check_ttl(check, "spec.default_ttl", zone.default_ttl());
  if (zone.has_negative_ttl()) check_ttl(check, "spec.negative_ttl", zone.negative_ttl());
  check_soa(check, zone, *apex);
  check_records(check, zone, *apex, From::operator_);
  check_apex(check, zone, *apex);
}

void check_zone_content(Check& check, const v1::ZoneContent& content) {
  const auto& name = check.resource().name();
  const auto* zone = check.overview().configuration.find(v1::KIND_ZONE, name);
  if (zone == nullptr || zone->zone().primaries().empty())
    return check.wrong("name", "there is no Zone of this name that has primaries");
  const auto apex = zone::parse_name(name);
  if (!apex) return;  // said of the Zone
  check_records(check, content.zone(), *apex, From::primary);
  check_apex(check, content.zone(), *apex);
}

}  // namespace meridian::control
