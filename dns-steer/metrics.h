#pragma once

#include <atomic>

#include "common/observe/metrics.h"
#include "dns-steer/compile/geography_reload.h"
#include "dns-steer/compile/publish.h"
#include "dns-steer/compile/signature_keeper.h"
#include "dns-steer/io/worker_pool.h"
#include "dns-steer/probe/prober.h"
#include "dns-steer/transfer/notifier.h"
#include "dns-steer/transfer/outgoing.h"

namespace meridian::dns {

/// What the last compilation came to.
struct CompileGauges {
  std::atomic<double> seconds{0};
  std::atomic<std::uint64_t> failures{0};
};

/// Everything `dns-steer` counts. All arguments must outlive `server`.
void add_metrics(MetricsServer& server, const WorkerPool& pool, const Publisher& publisher,
                 const Prober& prober, const CompileGauges& gauges, const GeographyReload& reload,
                 const SignatureKeeper& signatures);
/// What concerns secondaries.
void add_transfer_metrics(MetricsServer& server, const TransferCounters& transfers,
                          const Notifier& notifier);

}  // namespace meridian::dns
