#include "edge-node/request/forward.h"

#include "edge-node/request/forwarding.h"

namespace meridian::edge {
namespace {

constexpr std::string_view kNarrowing[] = {"range", "if-range", "if-none-match",
                                           "if-modified-since"};

}  // namespace

http::Fields forward_fields(Transaction& t) {
  const auto& visitor = t.exchange.visitor();
  const auto& pool = *t.site->pool;
  http::Fields fields = t.request().fields;
  const std::string host(fields.find("host").value_or(t.request().host));
  http::strip_hop_by_hop(fields);
  for (const std::string_view name : {"host", "expect", "content-length"}) fields.erase(name);
  fields.add("Host", pool.host_header.empty() ? host : pool.host_header);
  const std::string client = visitor.client.text();
  tell_of_visitor(fields, t.site->delivery.forwarding,
                  {.client = client, .host = host, .scheme = visitor.tls ? "https" : "http"});
  return fields;
}

bool asks_for_less(const http::Fields& fields) {
  for (const auto name : kNarrowing)
    if (fields.has(name)) return true;
  return false;
}

void ask_for_whole(http::Fields& fields) {
  for (const auto name : kNarrowing) fields.erase(name);
}

bool ask_if_changed(http::Fields& fields, const StoredHead& stored) {
  const auto etag = stored.fields.find("etag");
  const auto modified = stored.fields.find("last-modified");
  if (etag) fields.set("If-None-Match", *etag);
  if (modified) fields.set("If-Modified-Since", *modified);
  return etag || modified;
}

}  // namespace meridian::edge
