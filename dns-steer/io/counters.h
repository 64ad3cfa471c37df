#pragma once

#include <array>

#include "common/observe/metrics.h"
#include "dns-steer/query/answer.h"

namespace meridian::dns {

/// What one thread has done. Written by it, read by any; threads share no cache line.
struct alignas(64) WorkerCounters {
  static constexpr std::size_t kRcodes = 24;  // NOERROR to BADCOOKIE

  std::array<std::array<WorkerCounter, kRcodes>, 3> answers;  // by transport, by RCODE
  WorkerCounter malformed;
  WorkerCounter client_subnet;
  WorkerCounter steered;
  WorkerCounter truncated;
  WorkerCounter fresh_signatures;    // made while a query waited
  WorkerCounter refused_signatures;  // answers that lack one: too many were made just before
  WorkerCounter cookies;             // queries that brought one
  WorkerCounter explanations;        // told
  WorkerCounter explanations_limited;
  WorkerCounter rate_limit_dropped;  // answers over a client's limit: not sent
  WorkerCounter rate_limit_slipped;  // sent truncated
  WorkerCounter rate_limit_evicted;  // clients forgotten because the table was full
  WorkerCounter dropped;             // queries that deserved no answer
  WorkerCounter send_errors;         // answers that the system did not take
  WorkerCounter tcp_accepted;
  WorkerCounter tls_accepted;
  WorkerCounter tls_failed;              // handshakes
  WorkerCounter streams_refused;         // TCP or TLS connections over the bound in all
  WorkerCounter streams_refused_client;  // over the bound of one client network
  WorkerCounter streams_idle;            // closed because nothing was asked for long
  WorkerCounter streams_cut_slow;        // with a query or an answer that made no progress
  WorkerCounter streams_cut_not_dns;
  WorkerCounter streams_cut_memory;  // the worker's buffers were full

  void count(const Answered& answered, Transport transport) {
    if (answered.limiter_full) rate_limit_evicted.add();
    if (answered.limited != Admission::send)
      (answered.limited == Admission::drop ? rate_limit_dropped : rate_limit_slipped).add();
    if (answered.size == 0) {
      if (answered.limited != Admission::drop) dropped.add();
      return;
    }
    answers[static_cast<std::size_t>(transport)][static_cast<std::size_t>(answered.rcode)].add();
    if (answered.malformed) malformed.add();
    if (answered.cookie) cookies.add();
    if (answered.client_subnet) client_subnet.add();
    if (answered.steered) steered.add();
    if (answered.truncated) truncated.add();
    if (answered.explained != Explained::not_asked)
      (answered.explained == Explained::told ? explanations : explanations_limited).add();
    for (auto made = answered.fresh_signatures; made > 0; --made) fresh_signatures.add();
    if (answered.signature_refused) refused_signatures.add();
  }
};

}  // namespace meridian::dns
