#pragma once

#include <functional>
#include <optional>

#include "common/base/id.h"
#include "common/base/result.h"
#include "common/snapshot/disk.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// Decides about each snapshot that reaches a node, from its disk or from a controller: checked,
/// put on disk, put on trial, compiled, and only then in service (DESIGN 3.1, 3.2). One thread.
class SnapshotIntake {
 public:
  /// Compiles and puts into service; on an Error what was there serves on.
  using Serve = std::function<Result<void>(const v1::Snapshot&)>;

  SnapshotIntake(SnapshotDisk disk, std::string node, v1::Role role, Serve serve);

  /// Serves the newest one on disk that is whole, has trials left, and compiles.
  bool serve_from_disk();
  /// The answer that the controller gets: an ack or a nack.
  v1::NodeMessage take(const v1::SnapshotPush& push);

  /// What serves now; zero: nothing.
  Revision revision() const { return revision_; }
  const std::string& hash() const { return hash_; }

  /// What serves now has served for the bake time.
  void bake();
  /// The process is about to stop because it was told to.
  void stop();

 private:
  Result<void> check(const v1::SnapshotPush& push) const;
  Result<void> accept(const v1::SnapshotPush& push);
  void renumber(const v1::SnapshotPush& push);
  /// False: it is not on disk.
  Result<bool> put_on_trial(const v1::SnapshotPush& push);

  SnapshotDisk disk_;
  std::string node_;
  v1::Role role_;
  Serve serve_;
  Revision revision_;
  std::string hash_;                // 32 bytes, or empty
  std::optional<Revision> stored_;  // as which it is on disk; none: it is not there
};

}  // namespace meridian::control
