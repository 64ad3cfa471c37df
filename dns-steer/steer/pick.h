#pragma once

#include <cstdint>
#include <span>

#include "common/net/address.h"
#include "dns-steer/steer/chance.h"
#include "dns-steer/steer/choice.h"

namespace meridian::dns {

/// What decides between several edges of one location.
enum class SpreadBy : std::uint8_t {
  network,  // the client's: sticky
  chance,
  turn,
};

struct PickFrom {
  std::span<const Candidate> candidates;
  std::span<const std::uint32_t> eligible;  // numbers in `candidates`, all of one location
  std::size_t wanted = 1;                   // at most; what fits into the answer
  SpreadBy by = SpreadBy::network;
  bool order_matters = true;
  std::uint32_t turn = 0;
};

/// The step that takes addresses of one location into the answer, none twice. Narrows the scope
/// where the client's network decides. Does not allocate.
void pick(const PickFrom& from, const IpAddress& client, Draws& draws, Choice& choice);

}  // namespace meridian::dns
