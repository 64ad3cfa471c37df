#pragma once

#include <chrono>
#include <vector>

#include "common/base/time.h"
#include "common/net/address.h"

namespace meridian::edge {

/// IPv6 and IPv4 in turn, IPv6 first, each family in its order (RFC 8305 section 4). Pure.
std::vector<IpAddress> interleave(const std::vector<IpAddress>& addresses);

/// What is known of one host name, and when it is to be asked for again. Nobody waits but for the
/// first answer: the addresses of before are used while new ones are asked for, and as long as no
/// new ones can be had. Pure.
class KnownName {
 public:
  static constexpr std::chrono::seconds kLeastTtl{1};
  static constexpr std::chrono::seconds kMostTtl{3600};
  /// How long a failure is believed: no address, no such name, a resolver that is dead.
  static constexpr std::chrono::seconds kFailureTtl{5};
  /// Names are kept fresh for so long after their last use.
  static constexpr std::chrono::minutes kUseful{5};
  /// An answer is not used for longer after its time, if a new one may be had.
  static constexpr std::chrono::seconds kGrace{30};

  /// A query is on its way.
  void ask() { asking_ = true; }
  /// `addresses` is not empty.
  void answer(std::vector<IpAddress> addresses, std::chrono::seconds ttl, Instant now);
  void fail(Instant now);
  /// Somebody has waited in vain: nobody else shall, before the query has come to its end.
  void give_up() { known_ = failing_ = true; }

  /// What to use now. Null: wait for the query's end, which is to be asked if it is not.
  const std::vector<IpAddress>* use(Instant now);
  /// To be asked again, while others use what is known.
  bool is_due(Instant now) const;
  bool is_asking() const { return asking_; }
  /// The last ones known, however old.
  const std::vector<IpAddress>& addresses() const { return addresses_; }
  /// It did not take a connection: the others come first, until the next answer.
  void demote(const IpAddress& address);

 private:
  std::vector<IpAddress> addresses_;
  Instant expires_{};
  Instant used_{};
  bool asking_ = false;
  bool known_ = false;    // a query has ended, well or not
  bool failing_ = false;  // the last one did not end well
};

}  // namespace meridian::edge
