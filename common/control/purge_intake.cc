#include "common/control/purge_intake.h"

#include <charconv>

#include "common/disk/file.h"
#include "common/observe/log.h"

namespace meridian::control {
namespace {

constexpr std::uint64_t kMostFileBytes = 64;

PurgeSequence read_sequence(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return {};
  PurgeSequence sequence;
  const auto text = read_file(file, kMostFileBytes);
  if (text) {
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, sequence.value);
    if (error == std::errc{} && stop == end) return sequence;
  }
  log::warn("purge position lost: all purges are applied again", {{"file", file.string()}});
  return {};
}

}  // namespace

PurgeIntake::PurgeIntake(std::filesystem::path file, Apply apply, Reset reset)
    : file_(std::move(file)),
      apply_(std::move(apply)),
      reset_(std::move(reset)),
      sequence_(read_sequence(file_)) {}

void PurgeIntake::take(const v1::PurgeBatch& batch) {
  auto sequence = sequence_;
  if (batch.reset_to() != 0) {
    reset_({batch.reset_to()});
    sequence.value = batch.reset_to();
  }
  for (const auto& purge : batch.purges()) {
    if (purge.sequence() <= sequence.value) continue;  // seen before a reconnection
    if (const auto applied = apply_(purge); !applied) {
      log::error("purge not understood: all that is stored counts as stale",
                 {{"sequence", purge.sequence()}, {"reason", applied.error()}});
      reset_({purge.sequence()});
    }
    sequence.value = purge.sequence();
  }
  if (sequence == sequence_) return;
  const auto kept = write_file_atomically(file_, std::to_string(sequence.value), 0600);
  // Applied all the same. Forgetting it only means applying it again after a restart.
  if (!kept) log::warn("purge position not kept", {{"reason", kept.error()}});
  sequence_ = sequence;
}

}  // namespace meridian::control
