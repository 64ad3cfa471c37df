#pragma once

#include <random>
#include <string>
#include <string_view>

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// Where a request stands in a trace (W3C Trace Context, level 1). Identities are in lower-case
/// hexadecimal, as they are sent.
struct TraceContext {
  std::string trace_id;        // 32 digits
  std::string span_id;         // 16 digits: what this edge does for the request
  std::string parent_span_id;  // of who has sent it; empty: the trace begins here
  bool sampled = false;        // somebody on the way records it

  std::string traceparent() const;
};

/// The context that `fields` carry, with a span of the edge's own; a new one where there is none or
/// it is not valid (section 3.2.2). `random` is the worker's. Pure.
TraceContext continue_trace(const http::Fields& fields, std::mt19937_64& random);

/// `fields` with `trace` in place of what they carry: `tracestate` stays only behind a valid
/// `traceparent`, and only if it is valid itself (section 3.3). Pure.
void carry_trace(http::Fields& fields, const TraceContext& trace);

/// Section 3.3.1: at most 32 members, each with a key of its own. Pure.
bool is_valid_tracestate(std::string_view state);

}  // namespace meridian::edge
