#pragma once

#include "edge-node/request/context.h"

namespace meridian::edge {

/// A request as the rules of `site` see it; where the client is is looked up where that decides.
inline Subject subject_of(const http::RequestHead& request, const IpAddress& client, bool tls,
                          const Site& site, const WorkerContext& worker) {
  Subject subject{.request = request, .client = client, .tls = tls, .worker = worker.index};
  if (site.rules_need_place && worker.places) subject.place = worker.places->find(client);
  return subject;
}

}  // namespace meridian::edge
