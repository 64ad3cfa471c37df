#include "dns-steer/query/prefetch_answers.h"

#include <array>
#include <cassert>

#include "dns-steer/query/answer.h"

namespace meridian::dns {

void prefetch_places(const Fleet& fleet, std::span<const IpAddress> clients) {
  assert(clients.size() <= kMostPrefetched);
  for (const auto* table : fleet.large_tables) {
    for (const auto& client : clients) table->prefetch_block(client);
    for (const auto& client : clients) table->prefetch_ranges(client);
    if (!table->has_many_rankings()) continue;
    std::array<std::uint32_t, kMostPrefetched> rankings;
    for (std::size_t i = 0; i < clients.size(); ++i)
      rankings[i] = table->prefetch_ranking(clients[i]);
    for (std::size_t i = 0; i < clients.size(); ++i) table->prefetch_best(rankings[i]);
  }
}

void prefetch_answers(const Snapshot& snapshot,
                      std::span<const std::optional<ParsedMessage>> parsed,
                      std::span<const IpAddress> clients) {
  assert(parsed.size() <= kMostPrefetched && parsed.size() == clients.size());
  if (is_worth_prefetching(snapshot.zones)) {
    std::array<NameAhead, kMostPrefetched> names;
    std::size_t count = 0;
    for (const auto& one : parsed) {
      if (!one->query.question.empty()) names[count++] = NameAhead::of(one->query.name);
    }
    prefetch(snapshot.zones, std::span(names).first(count));
  }
  if (!snapshot.fleet.large_tables.empty()) {
    std::array<IpAddress, kMostPrefetched> located;
    for (std::size_t i = 0; i < parsed.size(); ++i)
      located[i] = client_to_locate(parsed[i]->query, clients[i]);
    prefetch_places(snapshot.fleet, std::span(located).first(parsed.size()));
  }
}

}  // namespace meridian::dns
