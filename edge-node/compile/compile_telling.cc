#include "edge-node/compile/compile_telling.h"

#include "edge-node/compile/duration.h"

namespace meridian::edge {

Telling compile_telling(const v1::EdgeSettings& from) {
  Telling telling{.trace_context = from.trace_context(), .debug_token = from.debug_token()};
  if (from.has_drain_time()) telling.drain_time = milliseconds_of(from.drain_time());
  return telling;
}

LogChoice compile_log_choice(const v1::Site& from) {
  LogChoice choice;
  if (from.access_log().has_enabled()) choice.enabled = from.access_log().enabled();
  if (from.access_log().has_sample()) choice.sample = from.access_log().sample();
  return choice;
}

}  // namespace meridian::edge
