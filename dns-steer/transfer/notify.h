#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/net/address.h"
#include "dns-steer/transfer/sharing.h"
#include "dns-steer/zone/name.h"

namespace meridian::dns {

/// Which secondaries are to be told of which serials, and when again (RFC 1996 section 3.6). One
/// entry for each zone and secondary, so it is bounded by the configuration; a message costs the
/// logarithm of their number. Pure: time comes in.
class NotifySchedule {
 public:
  static constexpr int kMostTries = 6;  // over about two minutes; then they find out by REFRESH

  /// A zone and a secondary of it.
  using Whom = std::pair<std::string, Endpoint>;
  struct Message {
    Whom whom;
    std::uint32_t serial = 0;
    std::uint32_t key = kNoKey;
  };

  /// Of a zone's number in ZoneData.
  using IsReady = std::function<bool(std::uint32_t)>;
  /// What is served now. Whom there is news for hears of it at once, but for zones that are not
  /// ready to be fetched; who is not named any more is forgotten.
  void serve(const Sharing& sharing, Instant now, const IsReady& is_ready);
  /// A message to send now, if any; it is due again later unless it is answered.
  std::optional<Message> due(Instant now);
  /// False: nothing was being told there.
  bool answered(const Whom& whom, std::uint32_t serial);
  /// None: there is nothing to wait for.
  std::optional<Instant> next() const;

  std::size_t waiting() const { return queue_.size(); }
  std::uint64_t given_up() const { return given_up_; }

 private:
  struct State {
    std::uint32_t serial = 0;
    std::uint32_t key = kNoKey;
    int tries = 0;
    std::optional<Instant> due;  // none: it knows, or has been given up
    std::uint64_t named = 0;     // by which call of serve()
  };
  using States = std::map<Whom, State>;
  struct Earlier {
    bool operator()(States::iterator a, States::iterator b) const {
      return a->second.due != b->second.due ? a->second.due < b->second.due : a->first < b->first;
    }
  };

  void set_due(States::iterator entry, std::optional<Instant> due);

  States states_;
  std::set<States::iterator, Earlier> queue_;  // those that are due at some time
  std::uint64_t served_ = 0;                   // calls
  std::uint64_t given_up_ = 0;
};

/// The NOTIFY message for `zone`; what its serial is, the secondary asks. Signed if `key` is not
/// null. Pure.
std::vector<std::uint8_t> notify_message(const std::string& zone, std::uint16_t id,
                                         const tsig::Key* key, std::uint64_t unix_seconds);

/// Says yes to a NOTIFY: whoever it comes from must be known by address.
struct NotifyAnswer {
  std::uint16_t id = 0;
  std::string zone;  // as in Whom
};
/// None: `message` is no such answer.
std::optional<NotifyAnswer> read_notify_answer(Bytes message);

}  // namespace meridian::dns
