#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "common/net/address.h"
#include "dns-steer/query/explain_query.h"
#include "dns-steer/query/message.h"
#include "dns-steer/query/now.h"
#include "dns-steer/query/parse.h"
#include "dns-steer/query/serving.h"
#include "dns-steer/query/worker_state.h"
#include "dns-steer/zone/name.h"

namespace meridian::dns {

enum class Transport : std::uint8_t { udp, tcp, tls };

struct Request {
  Bytes message;
  IpAddress client;  // who sent it: a resolver, as a rule
  Transport transport = Transport::udp;
  /// Of a stream: how long it may stay idle, for who asks (RFC 7828).
  std::chrono::milliseconds idle_timeout{0};
};

/// What became of a request, for counters.
struct Answered {
  std::size_t size = 0;  // of the answer; 0: none is sent
  Rcode rcode = Rcode::no_error;
  bool malformed = false;
  bool client_subnet = false;
  bool steered = false;
  bool truncated = false;
  bool cookie = false;                 // the client sent one
  std::uint16_t fresh_signatures = 0;  // made for it, because none were made ahead
  bool signature_refused = false;      // not signed: too many signatures had been made just before
  bool limiter_full = false;           // the table of rate limits forgot somebody
  Explained explained = Explained::not_asked;
  Admission limited = Admission::send;
};

/// The way of a query: bytes in, bytes out. `out` holds at least kMostUdpOctets for UDP and
/// kMostTcpOctets for TCP. Pure but for `state`; does not allocate; on the thread of `state`.
Answered answer(const Request& request, const Serving& serving, WorkerState& state, const Now& now,
                std::span<std::uint8_t> out);
/// The same from there on where the request's message is `parsed`.
Answered answer(const Request& request, const ParsedMessage& parsed, const Serving& serving,
                WorkerState& state, const Now& now, std::span<std::uint8_t> out);

/// Whose place decides on a query of `client`: the client's behind it where its resolver tells us
/// (RFC 7871), else its own. One of the two.
const IpAddress& client_to_locate(const Query& query, const IpAddress& client);

}  // namespace meridian::dns
