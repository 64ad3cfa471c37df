#include "dns-steer/query/prefetch_places.h"

#include <array>
#include <cassert>

#include "dns-steer/query/client_subnet.h"
#include "dns-steer/query/edns.h"
#include "dns-steer/query/message.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

/// Whose place will decide, as far as a glance tells: the OPT record is looked for right behind the
/// question.
IpAddress client_of(const Arrived& arrived) {
  constexpr std::size_t kBehindName = 4;  // type, class
  constexpr std::size_t kBehindType = 6;  // of OPT: size, extended RCODE, version, flags
  constexpr std::uint8_t kLongestLabel = 63;
  WireReader reader(arrived.message);
  (void)reader.bytes(kHeaderOctets);
  for (auto length = reader.u8(); length != 0; length = reader.u8()) {
    if (length > kLongestLabel) return arrived.from;
    (void)reader.bytes(length);
  }
  (void)reader.bytes(kBehindName);
  if (reader.u8() != 0 || reader.u16() != rr::kOpt) return arrived.from;
  (void)reader.bytes(kBehindType);
  WireReader options(reader.bytes(reader.u16()));
  while (reader.ok() && options.remaining() > 0) {
    const auto code = options.u16();
    const auto data = options.bytes(options.u16());
    if (!options.ok()) break;
    if (code != option::kClientSubnet) continue;
    return glance_at_client_subnet(data).value_or(arrived.from);
  }
  return arrived.from;
}

}  // namespace

void prefetch_places(const Fleet& fleet, std::span<const Arrived> arrived) {
  assert(arrived.size() <= kMostPrefetched);
  std::array<IpAddress, kMostPrefetched> found;
  std::size_t count = 0;
  for (const auto& one : arrived) {
    const auto& client = found[count++] = client_of(one);
    for (const auto* table : fleet.large_tables) table->prefetch_block(client);
  }
  const auto clients = std::span(found).first(count);
  for (const auto& client : clients)
    for (const auto* table : fleet.large_tables) table->prefetch_ranges(client);
  for (const auto* table : fleet.large_tables) {
    if (!table->has_many_rankings()) continue;
    std::array<std::uint32_t, kMostPrefetched> rankings;
    for (std::size_t i = 0; i < count; ++i) rankings[i] = table->prefetch_ranking(clients[i]);
    for (std::size_t i = 0; i < count; ++i) table->prefetch_best(rankings[i]);
  }
}

}  // namespace meridian::dns
