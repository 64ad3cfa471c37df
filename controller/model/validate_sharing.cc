#include "common/net/address.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr int kMostRules = 64;
constexpr int kMostNotified = 16;
constexpr int kMostPrimaries = 8;

void check_rules(Check& check, const v1::Zone& zone) {
  if (zone.allow_transfer_size() > kMostRules)
    check.wrong("spec.allow_transfer", "has more than " + std::to_string(kMostRules) + " rules");
  for (int i = 0; i < zone.allow_transfer_size(); ++i) {
    const auto& rule = zone.allow_transfer(i);
    const auto field = Check::item("spec.allow_transfer", i);
    if (rule.client_prefixes().empty() && rule.keys().empty())
      check.wrong(field,
                  "gives neither `client_prefixes` nor `keys`; to let everybody in, allow "
                  "0.0.0.0/0 and ::/0");
    check.prefixes(field + ".client_prefixes", rule.client_prefixes());
    check.references(field + ".keys", v1::KIND_TSIG_KEY, rule.keys());
  }
}

void check_peers(Check& check, const std::string& field,
                 const google::protobuf::RepeatedPtrField<v1::ZonePeer>& peers, int most) {
  if (peers.size() > most) check.wrong(field, "has more than " + std::to_string(most) + " servers");
  for (int i = 0; i < peers.size(); ++i) {
    const auto& peer = peers[i];
    const auto place = Check::item(field, i);
    if (peer.address().empty())
      check.wrong(place + ".address", "is missing: an IP address");
    else if (!parse_address(peer.address()))
      check.wrong(place + ".address", in_quotes(peer.address()) + " is not an IP address");
    if (peer.has_port()) check.port(place + ".port", peer.port());
    if (!peer.key().empty()) check.reference(place + ".key", v1::KIND_TSIG_KEY, peer.key());
  }
}

}  // namespace

void check_sharing(Check& check, const v1::Zone& zone) {
  const auto own_serial_only = [&](const char* field, bool declared) {
    if (zone.sign() && !zone.primaries().empty() && declared)
      check.wrong(std::string("spec.") + field,
                  "needs a serial that grows with signatures: that of a zone with `primaries` is "
                  "theirs; leave it out, or `sign`");
  };
  own_serial_only("allow_transfer", !zone.allow_transfer().empty());
  own_serial_only("notify", !zone.notify().empty());
  check_rules(check, zone);
  check_peers(check, "spec.notify", zone.notify(), kMostNotified);
  check_peers(check, "spec.primaries", zone.primaries(), kMostPrimaries);
}

void check_secondary(Check& check, const v1::Zone& zone) {
  const auto theirs = [&](const char* field, bool declared) {
    if (declared)
      check.wrong(std::string("spec.") + field,
                  "comes from the zone's primaries: leave it out, or leave out `primaries`");
  };
  theirs("nameservers", !zone.nameservers().empty());
  theirs("contact", !zone.contact().empty());
  theirs("default_ttl", zone.has_default_ttl());
  theirs("negative_ttl", zone.has_negative_ttl());
  theirs("records", !zone.records().empty());
  theirs("mname", !zone.mname().empty());
  theirs("refresh", zone.has_refresh());
  theirs("retry", zone.has_retry());
  theirs("expire", zone.has_expire());
  theirs("soa_ttl", zone.has_soa_ttl());
  theirs("nameservers_ttl", zone.has_nameservers_ttl());
  theirs("serial", zone.serial() != 0);
}

}  // namespace meridian::control
