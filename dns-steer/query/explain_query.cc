#include "dns-steer/query/explain_query.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "dns-steer/query/explain_name.h"
#include "dns-steer/steer/explain_lines.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

// The last label of the names that ask, and the root. No name on the Internet ends so: labels of
// top-level domains do not begin with an underscore.
constexpr std::array<std::uint8_t, 10> kSuffix{8, '_', 'e', 'x', 'p', 'l', 'a', 'i', 'n', 0};

bool asks(const Query& query) {
  const auto& name = query.name;
  return query.qclass == kClassIn && query.type == rr::kTxt && name.labels() > 1 &&
         std::ranges::equal(name.suffix(name.labels() - 1), kSuffix);
}

bool is_operator(const IpAddress& source, const AnswerSettings& settings) {
  return std::any_of(settings.explain_prefixes.begin(), settings.explain_prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(source); });
}

}  // namespace

Explained explain_query(const Query& query, const IpAddress& source, const IpAddress& client,
                        const Serving& serving, WorkerState& state, const Now& now,
                        Assembler& message) {
  const auto& snapshot = *serving.snapshot;
  if (!asks(query) || !is_operator(source, snapshot.settings)) return Explained::not_asked;
  if (!state.explain_limit.take(now.instant)) return Explained::over_limit;

  const auto whole = query.name.suffix(0);
  std::array<std::uint8_t, kMostNameOctets> octets{};
  const auto size = whole.size() - kSuffix.size();
  std::copy_n(whole.begin(), size, octets.begin());  // and the root
  LookupName name;
  name.assign(Bytes(octets).first(size + 1));
  const auto entry = snapshot.find_place ? snapshot.find_place(client) : std::nullopt;
  auto explanation = explain_name(serving, name, client, entry);
  explanation.set_node(snapshot.settings.node);

  message.set_rcode(Rcode::no_error);
  message.set_authoritative();
  if (query.edns && query.edns->client_subnet) message.set_scope(query.edns->client_subnet->source);
  const bool by_subnet =
      query.edns && query.edns->client_subnet && query.edns->client_subnet->locates();
  const auto who = by_subnet
                       ? client.text() + "/" + std::to_string(query.edns->client_subnet->source) +
                             " (EDNS Client Subnet)"
                       : client.text() + " (source address)";
  for (const auto& line : explanation_lines(explanation, who))
    message.add_text(kQuestionOffset, kClassIn, 0, line);
  return Explained::told;
}

}  // namespace meridian::dns
