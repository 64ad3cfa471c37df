#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/id.h"
#include "common/base/result.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian {

/// A node's last snapshots on disk (DESIGN 3.1), one file each, newest few kept.
///
/// File: the 8 bytes "MRDNSNP1", SHA-256 of the rest, the serialized v1::Snapshot. Written to a
/// temporary name, fsynced, renamed, the directory fsynced: a crash leaves the old set whole.
///
/// A snapshot is *on trial* until mark_good(). Each begin_trial() of one that is not yet good is
/// counted on disk before it is used; after kMaxTrials without mark_good() in between it is passed
/// over, so that a snapshot that kills the process is left behind by itself. Trials and refusals
/// are those of one version of the software: another one may do better.
///
/// One process owns the directory. One thread at a time.
class SnapshotDisk {
 public:
  static constexpr int kMaxTrials = 3;
  static constexpr std::size_t kKept = 4;

  /// Creates the directory (mode 0700) if it is missing.
  static Result<SnapshotDisk> open(std::filesystem::path directory,
                                   std::string version = MERIDIAN_VERSION);

  struct Stored {
    Revision revision;    // as which it was saved: names it here
    Revision stands_for;  // the newest with the same content; the same, or greater
    bool good = false;
    int trials = 0;
  };
  /// Those that stand for the newest first, by name and mark alone: load() tells whether the
  /// content is whole.
  std::vector<Stored> stored() const;
  /// What was wrong with the files that did not load when the directory was opened.
  const std::vector<std::string>& damaged() const { return damaged_; }

  Result<v1::Snapshot> load(Revision revision) const;
  Result<void> save(const v1::Snapshot& snapshot);

  /// Counts a start with this snapshot. False: it has used up its trials; go to an older one.
  Result<bool> begin_trial(Revision revision);
  /// Takes one start back: the process stopped because it was told to.
  Result<void> end_trial(Revision revision);
  /// It has served for the bake time.
  Result<void> mark_good(Revision revision);
  /// Never to be tried again by this version (it did not compile). Kept for inspection until it
  /// ages out.
  Result<void> mark_bad(Revision revision);
  /// `newest` has the content of `revision`, whose mark stays.
  Result<void> stand_for(Revision revision, Revision newest);

 private:
  SnapshotDisk(std::filesystem::path directory, std::string version)
      : directory_(std::move(directory)), version_(std::move(version)) {}
  std::filesystem::path file(Revision revision) const;
  std::filesystem::path mark(Revision revision) const;
  Result<void> set_trials(const Stored& stored, int trials);
  void prune();

  std::filesystem::path directory_;
  std::string version_;
  std::vector<std::string> damaged_;
};

}  // namespace meridian
