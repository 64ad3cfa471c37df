#pragma once

#include <filesystem>
#include <functional>

#include "common/base/id.h"
#include "common/base/result.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// Applies purges in order, and remembers across restarts how far it came, so that a node that was
/// away catches up. One thread.
class PurgeIntake {
 public:
  using Apply = std::function<Result<void>(const v1::Purge&)>;
  /// All purges up to `up_to` are contained in it.
  using Reset = std::function<void(PurgeSequence up_to)>;

  /// `file` holds the sequence. If it cannot be read, all is taken as not yet applied.
  PurgeIntake(std::filesystem::path file, Apply apply, Reset reset);

  /// Applies what is new in `batch`; then everything up to sequence() is applied, and the sequence
  /// is on disk. A purge that cannot be applied purges everything: nothing that it names may be
  /// served again.
  void take(const v1::PurgeBatch& batch);

  PurgeSequence sequence() const { return sequence_; }

 private:
  std::filesystem::path file_;
  Apply apply_;
  Reset reset_;
  PurgeSequence sequence_;
};

}  // namespace meridian::control
