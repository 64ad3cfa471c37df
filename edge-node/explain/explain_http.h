#pragma once

#include "edge-node/geo/client_places.h"
#include "edge-node/request/snapshot.h"
#include "meridian/v1/http_explanation.pb.h"

namespace meridian::edge {

/// What this edge would make of a request: the same steps as those of one that comes, with a reason
/// for each, but for what is counted. `places`: null: none are known. Any thread.
v1::HttpExplanation explain_http(const v1::HttpExplainRequest& asked, const Snapshot& snapshot,
                                 const ClientPlaces* places);

}  // namespace meridian::edge
