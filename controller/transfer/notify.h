#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "common/tsig/tsig.h"
#include "controller/model/configuration.h"

namespace meridian::control {

/// What to do with a message that came to where primaries tell of changes (NOTIFY, RFC 1996).
struct NotifyAnswer {
  std::vector<std::uint8_t> message;  // to send back; empty: nothing
  std::string zone;                   // to be checked now; empty: none
};

/// Heard from `from`: one of the zone's primaries, by its address, or by a key of theirs where the
/// message is signed. Others are REFUSED, wrong signatures NOTAUTH. Pure.
NotifyAnswer take_notify(const Configuration& configuration, tsig::Bytes message,
                         const IpAddress& from, std::uint64_t unix_seconds);

}  // namespace meridian::control
