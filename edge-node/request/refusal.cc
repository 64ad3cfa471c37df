#include "edge-node/request/refusal.h"

#include "common/observe/log.h"

namespace meridian::edge {

void count_refusal(int status, http::Fault fault, WorkerContext& worker) {
  worker.counters.bad_requests[static_cast<std::size_t>(fault)].add();
  worker.counters.responses[static_cast<std::size_t>(status / 100)].add();
}

namespace {

/// Of connections that are refused, however many there are.
constexpr std::chrono::milliseconds kBetweenLines{100};

/// Of no request that could be read.
AccessEntry entry_without_request(const IpAddress& client) {
  AccessEntry entry;
  entry.time = WallClock::now();
  entry.client = client.text();
  entry.protocol = entry.scheme = "-";
  entry.host = entry.method = entry.target = "-";
  entry.cache = cache_result_text(CacheResult::none);
  return entry;
}

}  // namespace

void log_refusal(const Refusal& refusal, const Visitor& visitor, WorkerContext& worker) {
  log::debug(
      "request refused",
      {{"client", visitor.client.text()}, {"status", refusal.status}, {"reason", refusal.why}});
  if (!worker.access_log.enabled()) return;
  AccessEntry entry = entry_without_request(visitor.client);
  entry.scheme = visitor.tls ? "https" : "http";
  entry.protocol = refusal.protocol;
  entry.status = refusal.status;
  entry.bytes = refusal.complete ? refusal.bytes : 0;
  entry.refused = http::fault_text(refusal.fault);
  entry.complete = refusal.complete;
  worker.access_log.write(worker.index, access_line(entry));
}

void log_connection(const IpAddress& client, std::string_view why, WorkerContext& worker) {
  log::debug("connection refused", {{"client", client.text()}, {"reason", why}});
  const auto now = Clock::now();
  if (!worker.access_log.enabled() || now < worker.next_connection_line) return;
  worker.next_connection_line = now + kBetweenLines;
  AccessEntry entry = entry_without_request(client);
  entry.refused = why;
  worker.access_log.write(worker.index, access_line(entry));
}

}  // namespace meridian::edge
