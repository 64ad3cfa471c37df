#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "dns-steer/query/edns.h"
#include "dns-steer/query/message.h"
#include "dns-steer/zone/name.h"

namespace meridian::dns {

/// A query, parsed. Without a question it asks for a cookie only (RFC 7873 section 5.4). Sees the
/// message that it was read from.
struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  Bytes question;  // as it was sent: name, type, class; empty if it could not be read
  LookupName name;
  std::uint16_t type = 0;
  std::uint16_t qclass = 0;
  std::optional<Edns> edns;
  std::size_t signed_from = 0;  // where the TSIG record begins; 0: there is none
};

/// Whether there is anybody to answer. A message too short for a header, and an answer to
/// something, get none: two servers could answer each other for ever.
enum class Parsed : std::uint8_t { drop, answer };

/// What can be said before zones are looked at; no_error: the query is to be answered.
struct Refusal {
  Rcode rcode = Rcode::no_error;
  ExtendedError error = ExtendedError::none;
};

/// Fills `query`: all of it, or what could be read. Pure; does not allocate.
Parsed parse_query(Bytes message, Query& query, Refusal& refusal);

/// A message, parsed; sees its bytes.
struct ParsedMessage {
  explicit ParsedMessage(Bytes message) : outcome(parse_query(message, query, refusal)) {}

  Query query;
  Refusal refusal;
  Parsed outcome;
};

}  // namespace meridian::dns
