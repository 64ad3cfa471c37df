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

v1::ExplainResponse explain_found(const Serving& serving, std::string_view hostname,
                                  const IpAddress& client,
                                  const std::optional<GeoDatabase::Entry>& entry) {
  const auto name = zone::parse_name(hostname);
  if (!name) return failed(name.error().what);
  LookupName lookup;
  lookup.assign(Bytes(reinterpret_cast<const std::uint8_t*>(name->data()), name->size()));
  const auto found = find(serving.snapshot->zones, lookup, CutSide::child);
  const auto quoted = "'" + std::string(hostname) + "'";
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
  return explain(serving.snapshot->fleet, serving.health, found.node->site, client, entry);
}

}  // namespace

v1::ExplainResponse explain_name(const Serving& serving, std::string_view hostname,
                                 const IpAddress& client,
                                 const std::optional<GeoDatabase::Entry>& entry) {
  auto response = explain_found(serving, hostname, client, entry);
  response.set_revision(serving.snapshot->revision.value);
  return response;
}

}  // namespace meridian::dns
