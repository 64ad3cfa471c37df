#include "edge-node/request/refusal.h"

#include "common/observe/log.h"

namespace meridian::edge {

void count_refusal(int status, http::Fault fault, WorkerContext& worker) {
  worker.counters.bad_requests[static_cast<std::size_t>(fault)].add();
  worker.counters.responses[static_cast<std::size_t>(status / 100)].add();
}

void log_refusal(const Refusal& refusal, const Visitor& visitor, WorkerContext& worker) {
  log::debug(
      "request refused",
      {{"client", visitor.client.text()}, {"status", refusal.status}, {"reason", refusal.why}});
  if (!worker.access_log.enabled()) return;
  AccessEntry entry;
  entry.time = WallClock::now();
  entry.client = visitor.client.text();
  entry.scheme = visitor.tls ? "https" : "http";
  entry.protocol = refusal.protocol;
  entry.host = entry.method = entry.target = "-";
  entry.status = refusal.status;
  entry.bytes = refusal.complete ? refusal.bytes : 0;
  entry.cache = cache_result_text(CacheResult::none);
  entry.refused = http::fault_text(refusal.fault);
  entry.complete = refusal.complete;
  worker.access_log.write(worker.index, access_line(entry));
}

}  // namespace meridian::edge
