#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "controller/dnssec/key_life.h"
#include "controller/secrets/seal.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"

namespace meridian::control {

/// Keeps the keys of signed zones: makes them together with the revision that signs a zone, rolls
/// them over, and answers operators. Each step is a revision of its own. Any thread.
class KeyKeeper {
 public:
  struct Parts {
    Head& head;
    const Seal& seal;
    const Clocks& clocks;
    /// The newest revision that all declared DNS nodes have.
    std::function<Revision()> all_have;
  };
  explicit KeyKeeper(Parts parts);

  /// Takes the steps that are due. Once a second.
  Result<void> tick();

  /// None: no such zone is signed.
  std::optional<v1::ZoneKeysView> view(const std::string& zone) const;

  /// What an operator asks for; the Error says why it cannot be.
  Result<void> roll(const std::string& zone, v1::KeyRole role, const ChangeOrigin& origin);
  enum class Parent : std::uint8_t { has_ds, has_none };
  Result<void> confirm(const std::string& zone, Parent parent, const ChangeOrigin& origin);

  /// For metrics: zones whose keys wait for an operator to tell the parent zone.
  std::uint64_t waiting_for_parent() const;

 private:
  using Change = std::function<Result<bool>(v1::ZoneKeys&, const v1::Zone&, const KeyStep&)>;
  Result<void> change(const std::vector<std::string>& zones, const std::string& comment,
                      const ChangeOrigin& origin, const Change& step_of);
  Result<Completion> complete(const Configuration& next, const NodeSecrets& held, KeyStep step);
  NodesHave nodes_have() const;
  void note_progress(const ConfigurationAt& head);

  Parts parts_;
  WallTime started_;
  mutable std::mutex mutex_;                // guards told_
  std::map<std::uint64_t, WallTime> told_;  // revisions that keys wait for -> when all had them
};

}  // namespace meridian::control
