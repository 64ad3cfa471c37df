#include "dns-steer/query/parse.h"

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

struct Counts {
  std::uint16_t questions, answers, authorities, additionals;
};

/// Passes over the owner of a record, compressed or not.
bool skip_owner(WireReader& reader) {
  for (std::size_t octets = 0; octets <= kMostNameOctets;) {
    const auto length = reader.u8();
    if (!reader.ok()) return false;
    if (length == 0) return true;
    if (length >= 0xc0) {  // a pointer ends a name; where it leads does not matter here
      (void)reader.u8();
      return reader.ok();
    }
    if (length > 63) return false;
    (void)reader.bytes(length);
    octets += length + std::size_t{1};
  }
  return false;
}

bool skip_record_body(WireReader& reader) {
  (void)reader.bytes(6);  // class, TTL
  const auto length = reader.u16();
  (void)reader.bytes(length);
  return reader.ok();
}

bool skip_records(WireReader& reader, std::size_t records) {
  for (; records > 0; --records) {
    if (!skip_owner(reader) || (reader.u16(), !skip_record_body(reader))) return false;
  }
  return true;
}

/// The additional section: OPT at most once, owned by the root (RFC 6891 section 6.1.1), TSIG at
/// its end; all else is passed over.
bool parse_additional(WireReader& reader, std::uint16_t records, Query& query) {
  for (; records > 0; --records) {
    const auto begin = reader.position();
    if (!skip_owner(reader)) return false;
    const bool root = reader.position() == begin + 1;
    const auto type = reader.u16();
    if (type == query_type::kTsig) {  // RFC 8945 section 5.1: the last record, if any
      if (records > 1) return false;
      query.signed_from = begin;
    }
    if (type != rr::kOpt) {
      if (!skip_record_body(reader)) return false;
      continue;
    }
    if (!root || query.edns) return false;
    const auto read = parse_edns(reader, query.edns.emplace());
    if (read == OptRead::nothing) query.edns.reset();
    if (read != OptRead::all) return false;
  }
  return true;
}

bool parse_question(WireReader& reader, Query& query) {
  const auto begin = reader.position();
  if (!query.name.read(reader)) return false;
  query.type = reader.u16();
  query.qclass = reader.u16();
  if (!reader.ok()) return false;
  query.question = reader.message().subspan(begin, reader.position() - begin);
  return true;
}

/// Everything behind the header. One question, no answers; an IXFR brings the SOA it has. Who asks
/// nothing may want a cookie (RFC 7873 section 5.4).
bool parse_body(WireReader& reader, const Counts& counts, Query& query) {
  if (counts.questions > 1 || counts.answers != 0) return false;
  if (counts.questions == 1 && !parse_question(reader, query)) return false;
  if (counts.authorities > (query.type == query_type::kIxfr ? 1 : 0)) return false;
  if (!skip_records(reader, counts.authorities)) return false;
  if (!parse_additional(reader, counts.additionals, query) || reader.remaining() != 0) return false;
  return counts.questions == 1 || (query.edns && !query.edns->cookie.empty());
}

/// Other opcodes give the sections other meanings, but records are records: what is echoed is the
/// question, and that we speak EDNS (RFC 6891 section 7).
bool parse_other_body(WireReader& reader, const Counts& counts, Query& query) {
  if (counts.questions > 1) return false;
  if (counts.questions == 1 && !parse_question(reader, query)) return false;
  const std::size_t between = std::size_t{counts.answers} + counts.authorities;
  return skip_records(reader, between) && parse_additional(reader, counts.additionals, query);
}

Refusal refuse(const Query& query) {
  if (query.edns && query.edns->version != 0) return {Rcode::bad_vers};
  if (query.question.empty()) return {};
  switch (query.type) {
    case rr::kOpt:
      return {Rcode::form_err};
    case rr::kNxname:  // RFC 9824 section 3.5
      return {Rcode::form_err, ExtendedError::invalid_query_type};
    case query_type::kAxfr:
    case query_type::kIxfr:
      return {Rcode::refused, ExtendedError::prohibited};
    case query_type::kTkey:
    case query_type::kTsig:
    case query_type::kMailb:
    case query_type::kMaila:
      return {Rcode::not_imp, ExtendedError::not_supported};
    default:
      return {};
  }
}

}  // namespace

Parsed parse_query(Bytes message, Query& query, Refusal& refusal) {
  if (message.size() < kHeaderOctets) return Parsed::drop;
  WireReader reader(message);
  const auto* header = reader.bytes(kHeaderOctets).data();
  query.id = load_u16(header);
  query.flags = load_u16(header + 2);
  if ((query.flags & flag::kResponse) != 0) return Parsed::drop;
  const Counts counts{load_u16(header + 4), load_u16(header + 6), load_u16(header + 8),
                      load_u16(header + 10)};
  if ((query.flags & flag::kOpcode) != 0) {
    if (!parse_other_body(reader, counts, query)) {
      query.question = {};
      query.edns.reset();
    }
    refusal = {Rcode::not_imp, ExtendedError::not_supported};
    if (query.edns && query.edns->version != 0) refusal = {Rcode::bad_vers};
  } else if (!parse_body(reader, counts, query)) {
    refusal = {Rcode::form_err};
  } else {
    refusal = refuse(query);
  }
  return Parsed::answer;
}

}  // namespace meridian::dns
