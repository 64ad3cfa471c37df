#include "dns-steer/query/answer.h"

#include <algorithm>
#include <memory>

#include "dns-steer/query/chaos.h"
#include "dns-steer/query/resolve.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

// What answers within TLS are filled up to (RFC 8467 section 4.1).
constexpr std::uint16_t kPaddingBlock = 468;

/// What a client says by its cookie.
enum class Shown : std::uint8_t { nothing, client_cookie, wrong_cookie, valid_cookie };

/// What our OPT record says, as far as it depends on the query only; judges a cookie.
EdnsAnswer negotiate(const Query& query, const Request& request, const AnswerSettings& settings,
                     WorkerState& state, const Now& now, Shown& shown) {
  EdnsAnswer edns;
  edns.present = query.edns.has_value();
  if (!edns.present) return edns;
  edns.udp_octets = settings.udp_octets;
  edns.dnssec_ok = query.edns->dnssec_ok;
  // Options are answered in our version only: BADVERS is for who speaks another.
  if (query.edns->version != 0) return edns;
  if (query.edns->asks_nsid)
    edns.nsid = {reinterpret_cast<const std::uint8_t*>(settings.nsid.data()), settings.nsid.size()};
  if (query.edns->client_subnet) edns.client_subnet = &*query.edns->client_subnet;
  const bool stream = request.transport != Transport::udp;
  if (stream && query.edns->keepalive == Edns::Keepalive::asked)
    edns.keepalive = static_cast<std::uint16_t>(
        std::min<std::int64_t>(request.idle_timeout / std::chrono::milliseconds(100), 0xffff));
  if (request.transport == Transport::tls && query.edns->asks_padding)
    edns.padding_block = kPaddingBlock;
  const auto cookie = query.edns->cookie;
  if (settings.cookies && !cookie.empty()) {
    const auto check = check_cookie(state.cookie_keys, settings.cookie_masters, cookie,
                                    request.client, now.unix_seconds);
    edns.cookie = check.answer;
    const auto otherwise =
        cookie.size() > kClientCookieOctets ? Shown::wrong_cookie : Shown::client_cookie;
    shown = check.valid ? Shown::valid_cookie : otherwise;
  }
  return edns;
}

/// Null: the query is not signed. One that is signed wrongly is refused (RFC 8945 section 5.2).
std::unique_ptr<SignedQuery> judge_signature(const Query& query, const Request& request,
                                             const Snapshot& snapshot, const Now& now,
                                             Refusal& refusal) {
  if (query.signed_from == 0 || !snapshot.judge_signature) return nullptr;
  auto signature = snapshot.judge_signature(*snapshot.sharing, request.message, query.signed_from,
                                            now.unix_seconds);
  if (!signature)
    refusal = {Rcode::form_err};
  else if (!signature->good())
    refusal = {Rcode::not_auth};
  return signature;
}

/// The smaller of what both sides take (RFC 6891 section 6.2.3); no more to an address that may be
/// forged than is worth the forger's while.
std::size_t size_limit(const Query& query, const Request& request, const AnswerSettings& settings,
                       Shown shown) {
  if (request.transport != Transport::udp) return kMostTcpOctets;
  const std::size_t asked = query.edns ? query.edns->udp_size : kPlainUdpOctets;
  auto limit = std::min<std::size_t>(std::max(asked, kPlainUdpOctets), settings.udp_octets);
  if (shown != Shown::valid_cookie && settings.amplification > 0)
    limit = std::min(limit, request.message.size() * settings.amplification);
  return limit;
}

/// A query without a question asks for a cookie, or whether its own is good (RFC 7873 section 5.4).
void answer_about_cookie(const AnswerSettings& settings, Shown shown, Assembler& message) {
  if (!settings.cookies) message.set_rcode(Rcode::form_err);
  if (shown == Shown::wrong_cookie) message.set_rcode(Rcode::bad_cookie);
}

/// For operators who demand cookies (RFC 7873 section 5.2): who sends none may come by TCP.
bool lacks_cookie(const Request& request, const AnswerSettings& settings, Shown shown,
                  Assembler& message) {
  const bool lacks = settings.demand_cookies && request.transport == Transport::udp &&
                     shown != Shown::valid_cookie;
  if (lacks && shown == Shown::nothing) message.set_truncated();
  if (lacks && shown != Shown::nothing) message.set_rcode(Rcode::bad_cookie);
  return lacks;
}

/// A signature that is missing makes the answer worthless to who validates; over TCP there are
/// fewer who ask.
void answer_without_signature(const Request& request, Assembler& message) {
  if (request.transport == Transport::udp)
    message.set_truncated();
  else
    message.fail(Rcode::serv_fail);
}

/// An increment asked for by UDP, by somebody who may have the zone: all that is told is its
/// serial, so that who is behind comes by TCP (RFC 1995 sections 2 and 4). kNone: it is another
/// query.
std::uint32_t zone_to_compare(const Query& query, const Request& request, const Snapshot& snapshot,
                              const SignedQuery* signature, const Refusal& refusal) {
  if (query.type != query_type::kIxfr || request.transport != Transport::udp ||
      refusal.rcode != Rcode::refused || !snapshot.zone_to_transfer)
    return kNone;
  return snapshot.zone_to_transfer(snapshot, query, request.client, signature);
}

void answer_serial(const ZoneData& data, std::uint32_t zone, Assembler& message) {
  const auto& apex = data.nodes[data.zones[zone].apex];
  message.set_authoritative();
  if (!message.add_answer(data, *data.set_of(apex, rr::kSoa), {{}, kQuestionOffset},
                          kQuestionOffset))
    message.set_truncated();
}

/// Answers a well-formed query.
void fill(const Query& query, const Request& request, const Serving& serving, Shown shown,
          WorkerState& state, const Now& now, Assembler& message, Answered& result) {
  const auto& settings = serving.snapshot->settings;
  if (query.question.empty()) return answer_about_cookie(settings, shown, message);
  if (lacks_cookie(request, settings, shown, message)) return;
  if (query.qclass == kClassChaos) return answer_chaos(query, settings, message);
  if (query.qclass != kClassIn && query.qclass != kClassAny)
    return message.set_rcode(Rcode::refused, ExtendedError::not_authoritative);
  const auto& client = client_to_locate(query, request.client);
  const auto made = state.fresh_signatures.made();
  const auto resolved = resolve(query, client, serving, state, now, message);
  result.steered = resolved.steered;
  result.fresh_signatures = static_cast<std::uint16_t>(state.fresh_signatures.made() - made);
  result.signature_refused = resolved.signature_refused;
  if (resolved.signature_refused) answer_without_signature(request, message);
  if (message.rcode() == Rcode::refused && !settings.explain_prefixes.empty())
    result.explained = explain_query(query, request.client, client, serving, state, now, message);
}

/// False: the client has had so many answers of this kind that it gets none.
bool within_limits(const Request& request, const AnswerSettings& settings, Shown shown,
                   WorkerState& state, const Now& now, Assembler& message, Answered& result) {
  const bool may_be_forged = request.transport == Transport::udp && shown != Shown::valid_cookie;
  if (!settings.rate_limits.enabled() || !may_be_forged) return true;
  const auto admitted =
      state.limiter.admit(settings.rate_limits, request.client, message.kind(), now.instant);
  result.limited = admitted.what;
  result.limiter_full = admitted.evicted;
  if (admitted.what == Admission::truncate) message.set_truncated();
  return admitted.what != Admission::drop;
}

}  // namespace

const IpAddress& client_to_locate(const Query& query, const IpAddress& client) {
  if (query.edns && query.edns->client_subnet && query.edns->client_subnet->locates())
    return query.edns->client_subnet->address;
  return client;
}

Answered answer(const Request& request, const Serving& serving, WorkerState& state, const Now& now,
                std::span<std::uint8_t> out) {
  return answer(request, ParsedMessage(request.message), serving, state, now, out);
}

Answered answer(const Request& request, const ParsedMessage& parsed, const Serving& serving,
                WorkerState& state, const Now& now, std::span<std::uint8_t> out) {
  Answered result;
  if (parsed.outcome == Parsed::drop) return result;
  const auto& query = parsed.query;
  auto refusal = parsed.refusal;
  if (refusal.rcode == Rcode::no_error && query.edns && request.transport != Transport::udp &&
      query.edns->keepalive == Edns::Keepalive::malformed)
    refusal.rcode = Rcode::form_err;
  result.malformed = refusal.rcode == Rcode::form_err;
  result.client_subnet = query.edns && query.edns->client_subnet;

  const auto& settings = serving.snapshot->settings;
  auto shown = Shown::nothing;
  const auto edns = negotiate(query, request, settings, state, now, shown);
  result.cookie = shown != Shown::nothing;
  const auto signature = judge_signature(query, request, *serving.snapshot, now, refusal);
  const auto limit = size_limit(query, request, settings, shown);
  const auto kept = signature ? signature->octets() : 0;
  Assembler message(out.first(out.size() - kept), limit - std::min(limit, kept), query, edns);
  const auto compared =
      zone_to_compare(query, request, *serving.snapshot, signature.get(), refusal);
  if (compared != kNone) {
    if (!lacks_cookie(request, settings, shown, message))
      answer_serial(serving.snapshot->zones, compared, message);
  } else if (refusal.rcode != Rcode::no_error) {
    message.set_rcode(refusal.rcode, refusal.error);
  } else {
    fill(query, request, serving, shown, state, now, message, result);
  }
  if (!within_limits(request, settings, shown, state, now, message, result)) return result;
  result.size = message.finish();
  if (signature) result.size = signature->finish(out, result.size);
  result.rcode = message.rcode();
  result.truncated = message.truncated();
  return result;
}

}  // namespace meridian::dns
