#pragma once

#include <string_view>

#include "edge-node/request/context.h"

namespace meridian::edge {

/// A request that could not be read, and how that was answered.
struct Refusal {
  std::string_view protocol;  // for the log; "-": not known
  int status = 400;
  http::Fault fault = http::Fault::start_line;
  std::string_view why;   // for a person
  std::size_t bytes = 0;  // of the answer's body
  bool complete = true;   // the answer was sent whole
};

/// Before the answer is sent.
void count_refusal(int status, http::Fault fault, WorkerContext& worker);
/// After that. In the access log its host, method and path are `-`: what was read of them is not to
/// be relied upon.
void log_refusal(const Refusal& refusal, const Visitor& visitor, WorkerContext& worker);

/// Of a connection of `client` that is refused or ended for what it does. `why`: a word for the
/// access log, where the line has no host, method or path, and status 0: at most ten a second.
void log_connection(const IpAddress& client, std::string_view why, WorkerContext& worker);

}  // namespace meridian::edge
