#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "common/base/result.h"
#include "edge-node/cache/purge.h"
#include "edge-node/disk/segment.h"

namespace meridian::edge::disk {

/// The purges that hold for what lies on disk, beside it. One thread; every call may wait for the
/// disk.
class PurgeJournal {
 public:
  /// Brings `purges` to where it was.
  static Result<std::unique_ptr<PurgeJournal>> open(const std::filesystem::path& directory,
                                                    Purges& purges);

  /// All purges are there that were ever noted. Otherwise nothing that was stored before counts.
  bool is_whole() const { return whole_; }
  /// The newest in the controller's log; 0: none.
  std::uint64_t sequence() const { return sequence_; }

  /// On disk when it returns. `sequence`: in the controller's log, 0: not from there. After an
  /// Error the journal no longer tells the truth: nothing may be stored beside it.
  Result<void> append(std::span<const PurgeMark> marks, std::uint64_t sequence);
  /// The same after such an Error, when nothing is stored any more.
  Result<void> begin_anew(std::span<const PurgeMark> marks, std::uint64_t sequence);

 private:
  PurgeJournal(std::filesystem::path file, const Purges& purges)
      : file_(std::move(file)), purges_(purges) {}
  bool read(std::string_view bytes, Purges& purges);
  Result<void> rewrite(std::span<const PurgeMark> more);

  const std::filesystem::path file_;
  const Purges& purges_;
  bool whole_ = true;
  std::uint64_t sequence_ = 0;
  std::size_t records_ = 0;
};

}  // namespace meridian::edge::disk
