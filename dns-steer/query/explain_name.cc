#include "dns-steer/query/explain_name.h"

#include <string>

#include "common/zone/records.h"
#include "dns-steer/steer/explain.h"
#include "dns-steer/zone/lookup.h"

namespace meridian::dns {
namespace {

v1::ExplainResponse failed(std::string why) {
  v1::ExplainResponse response;
  response.set_error(std::move(why));
  return response;
}

/// As in master files; for messages.
std::string quoted_text(Bytes name) {
  std::string text;
  for (std::size_t at = 0; name[at] != 0; at += name[at] + 1u) {
    if (at > 0) text += '.';
    for (const auto octet : name.subspan(at + 1, name[at]))
      text += octet > ' ' && octet < 0x7f ? static_cast<char>(octet) : '?';
  }
  return "'" + text + "'";
}

v1::ExplainResponse explain_found(const Serving& serving, const LookupName& name,
                                  const IpAddress& client,
                                  const std::optional<GeoDatabase::Entry>& entry) {
  const auto found = find(serving.snapshot->zones, name, CutSide::child);
  const auto quoted = quoted_text(name.suffix(0));
  switch (found.kind) {
    case Found::Kind::outside:
      return failed(quoted + " is in none of our zones");
    case Found::Kind::no_name:
      return failed(quoted + " does not exist in its zone");
    case Found::Kind::delegation:
      return failed(quoted + " is delegated to other name servers by its zone");
    case Found::Kind::redirected:
      return failed(quoted + " is redirected by a DNAME above it: ask for the name it leads to");
    case Found::Kind::node:
      break;
  }
  if (found.node->site == kNone)
    return failed(quoted + " is not steered: it is no hostname of a site");
  return explain(serving.snapshot->fleet, serving.health, found.node->site, client, entry,
                 serving.load);
}

}  // namespace

v1::ExplainResponse explain_name(const Serving& serving, const LookupName& name,
                                 const IpAddress& client,
                                 const std::optional<GeoDatabase::Entry>& entry) {
  auto response = explain_found(serving, name, client, entry);
  response.set_revision(serving.snapshot->revision.value);
  return response;
}

v1::ExplainResponse explain_name(const Serving& serving, std::string_view hostname,
                                 const IpAddress& client,
                                 const std::optional<GeoDatabase::Entry>& entry) {
  const auto wire = zone::parse_name(hostname);
  if (!wire) return failed(wire.error().what);
  LookupName name;
  name.assign(Bytes(reinterpret_cast<const std::uint8_t*>(wire->data()), wire->size()));
  return explain_name(serving, name, client, entry);
}

}  // namespace meridian::dns
