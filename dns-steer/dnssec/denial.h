#pragma once

#include <cstdint>
#include <vector>

#include "dns-steer/zone/name.h"

namespace meridian::dns {

/// The first name after `name` in the order of RFC 4034 section 6.1, in wire form: `\000.` and the
/// name; where that would be too long, the first one that is none below it (RFC 4471
/// section 3.1.2). `name`: in lower case. Replaces what is in `out`.
void next_name(Bytes name, std::vector<std::uint8_t>& out);

/// The data of an NSEC record at `name` that covers nothing else (RFC 9824 section 3): the next
/// name, and `types`, which are put in order. Replaces what is in `out`. Pure.
void nsec_data(Bytes name, std::vector<std::uint16_t>& types, std::vector<std::uint8_t>& out);

/// The same of one that covers all up to `next`, the next name that there is (RFC 4034 section 4).
void chain_nsec_data(Bytes next, std::vector<std::uint16_t>& types, std::vector<std::uint8_t>& out);

}  // namespace meridian::dns
