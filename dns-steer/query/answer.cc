#include "dns-steer/query/answer.h"

#include <algorithm>

#include "dns-steer/query/parse.h"
#include "dns-steer/query/resolve.h"

namespace meridian::dns {
namespace {

/// The smaller of what both sides take (RFC 6891 section 6.2.3).
std::size_t size_limit(const Query& query, Transport transport) {
  if (transport == Transport::tcp) return kMostTcpOctets;
  if (!query.edns) return kPlainUdpOctets;
  return std::clamp<std::size_t>(query.edns->udp_size, kPlainUdpOctets, kMostUdpOctets);
}

/// Whose place decides: the client's where its resolver tells us (RFC 7871), else the resolver's.
IpAddress client_to_locate(const Query& query, const Request& request) {
  if (query.edns && query.edns->client_subnet && query.edns->client_subnet->locates())
    return query.edns->client_subnet->address;
  return request.client;
}

}  // namespace

Answered answer(const Request& request, const Serving& serving, std::span<std::uint8_t> out) {
  Answered result;
  Query query;
  auto refusal = Rcode::no_error;
  if (parse_query(request.message, query, refusal) == Parsed::drop) return result;
  result.malformed = refusal == Rcode::form_err;
  result.client_subnet = query.edns && query.edns->client_subnet;

  Assembler message(out, size_limit(query, request.transport), query);
  if (refusal != Rcode::no_error)
    message.set_rcode(refusal);
  else
    result.steered = resolve(query, client_to_locate(query, request), serving, message);

  result.size = message.finish();
  result.rcode = message.rcode();
  result.truncated = message.truncated();
  return result;
}

}  // namespace meridian::dns
