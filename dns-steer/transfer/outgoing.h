#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dns-steer/query/message_source.h"

namespace meridian::dns {

/// Zone transfers out (RFC 5936), of all workers. Any thread.
struct TransferCounters {
  static constexpr int kMostAtOnce = 32;

  std::atomic<int> under_way{0};
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> current{0};  // an IXFR that had the newest serial
  std::atomic<std::uint64_t> refused{0};  // not allowed, or wrongly signed
  std::atomic<std::uint64_t> busy{0};     // over kMostAtOnce, or not signed yet
};

/// A ZoneToTransfer by the rules of `Snapshot::sharing`; `signature` is a TsigQuery.
std::uint32_t zone_to_transfer(const Snapshot& snapshot, const Query& query,
                               const IpAddress& client, const SignedQuery* signature);

/// Opens transfers for who may have them; answers other AXFR and IXFR queries, which come by TCP or
/// TLS, with one message. An IXFR is answered with the whole zone (RFC 1995 section 4), or with the
/// SOA where it has the newest already. `counters` must outlive all streams.
OpenSource open_transfers(TransferCounters& counters);

}  // namespace meridian::dns
