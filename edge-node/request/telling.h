#pragma once

#include "edge-node/request/context.h"

namespace meridian::edge {

/// The header field by which somebody asks how an answer came about, and is told.
inline constexpr std::string_view kDebugField = "Meridian-Debug";

/// Whether who has sent the request may know how its answer comes about; the field goes no further.
void read_debug_token(Transaction& t);

/// Takes part in the request's trace, if the edge is to.
void join_trace(Transaction& t);

/// Adds to the head of an answer what its visitor is told: `Server-Timing` where the site has it
/// on, and the decision to who may know, who alone gets such an answer.
void tell(const Transaction& t, http::Fields& fields);

/// The name of the origin, or of the edge of a shield, that was asked last.
std::string origin_of(const OriginVisit& visit);

/// Both are the same, in a time that says nothing of where they differ. Pure.
bool is_same_secret(std::string_view a, std::string_view b);

}  // namespace meridian::edge
