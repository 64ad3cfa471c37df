#include "edge-node/net/ticket_keys.h"

#include <algorithm>
#include <utility>

#include "common/base/derive.h"

namespace meridian::edge {
namespace {

std::int64_t period_of(WallTime time) { return time.time_since_epoch() / kTicketPeriod; }

template <std::size_t Size>
std::string_view take(std::string_view bytes, std::array<unsigned char, Size>& into) {
  std::copy_n(bytes.begin(), Size, into.begin());
  return bytes.substr(Size);
}

}  // namespace

TicketKey ticket_key(const TicketSecrets& secrets, std::int64_t period) {
  const WallTime start(kTicketPeriod * period);
  const TicketSecret* counts = &secrets.front();
  for (const auto& secret : secrets)
    if (secret.from <= start) counts = &secret;
  TicketKey key;
  const std::string bytes =
      derive(counts->secret, "meridian session tickets " + std::to_string(period),
             key.name.size() + key.cipher.size() + key.mac.size());
  take(take(take(bytes, key.name), key.cipher), key.mac);
  return key;
}

void TicketKeyring::use(std::shared_ptr<const TicketSecrets> secrets, WallTime now) {
  if (secrets != secrets_) keys_.clear();
  secrets_ = std::move(secrets);
  period_ = period_of(now);
  keys_.erase(keys_.begin(), keys_.lower_bound(period_ - 1));
}

const TicketKey& TicketKeyring::key_of(std::int64_t period) {
  const auto [place, is_new] = keys_.try_emplace(period);
  if (is_new) place->second = ticket_key(*secrets_, period);
  return place->second;
}

const TicketKey* TicketKeyring::opening(std::string_view name) {
  for (const std::int64_t period : {period_, period_ - 1, period_ + 1}) {
    const TicketKey& key = key_of(period);
    if (std::equal(name.begin(), name.end(), key.name.begin(), key.name.end(),
                   [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; }))
      return &key;
  }
  return nullptr;
}

}  // namespace meridian::edge
