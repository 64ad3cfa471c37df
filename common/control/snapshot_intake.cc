#include "common/control/snapshot_intake.h"

#include "common/observe/log.h"
#include "common/snapshot/snapshot.h"
#include "common/tls/identity.h"

namespace meridian::control {
namespace {

std::string hash_bytes(const v1::Snapshot& snapshot) {
  const auto digest = snapshot_hash(snapshot);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void warn_on_error(std::string_view event, const Result<void>& result) {
  if (!result) log::warn(event, {{"reason", result.error()}});
}

}  // namespace

SnapshotIntake::SnapshotIntake(SnapshotDisk disk, std::string node, v1::Role role, Serve serve)
    : disk_(std::move(disk)), node_(std::move(node)), role_(role), serve_(std::move(serve)) {
  for (const auto& damage : disk_.damaged())
    log::warn("snapshot on disk ignored", {{"reason", damage}});
}

bool SnapshotIntake::serve_from_disk() {
  for (const auto& stored : disk_.stored()) {
    const auto revision = stored.revision;
    const auto snapshot = disk_.load(revision);
    if (!snapshot) continue;  // named when the disk was opened
    const auto trial = disk_.begin_trial(revision);
    if (trial && !*trial) {
      log::error("snapshot passed over: it did not outlive its bake time in earlier starts",
                 {{"revision", revision.value}, {"trials", stored.trials}});
      continue;
    }
    if (!trial) log::warn("start not counted", {{"reason", trial.error()}});
    if (const auto served = serve_(*snapshot); !served) {
      log::error("snapshot on disk refused",
                 {{"revision", revision.value}, {"reason", served.error()}});
      warn_on_error("snapshot not marked", disk_.mark_bad(revision));
      continue;
    }
    revision_ = revision;
    hash_ = hash_bytes(*snapshot);
    log::info("serving from disk", {{"revision", revision.value}});
    return true;
  }
  return false;
}

v1::NodeMessage SnapshotIntake::take(const v1::SnapshotPush& push) {
  v1::NodeMessage answer;
  const auto revision = push.snapshot().revision();
  auto result = check(push);
  if (result) result = accept(push);
  if (result) {
    answer.mutable_ack()->set_revision(revision);
    return answer;
  }
  log::error("snapshot refused", {{"revision", revision}, {"reason", result.error()}});
  answer.mutable_nack()->set_revision(revision);
  answer.mutable_nack()->set_reason(result.error().text());
  return answer;
}

Result<void> SnapshotIntake::check(const v1::SnapshotPush& push) const {
  const auto& snapshot = push.snapshot();
  if (snapshot.node() != node_ || snapshot.role() != role_)
    return Error("this snapshot is for " + std::string(tls::role_text(snapshot.role())) + "/" +
                 snapshot.node() + ", not for " + std::string(tls::role_text(role_)) + "/" + node_);
  if (Revision{snapshot.revision()} < revision_)
    return Error("it is older than revision " + std::to_string(revision_.value) +
                 ", which this node serves");
  if (hash_bytes(snapshot) != push.hash())
    return Error("its hash does not fit its content: it was damaged on the way");
  return {};
}

Result<void> SnapshotIntake::accept(const v1::SnapshotPush& push) {
  const Revision revision{push.snapshot().revision()};
  if (revision == revision_ && push.hash() == hash_) return {};
  if (auto trial = put_on_trial(push); !trial) return trial;
  if (auto served = serve_(push.snapshot()); !served) {
    warn_on_error("snapshot not marked", disk_.mark_bad(revision));
    return served;
  }
  revision_ = revision;
  hash_ = push.hash();
  log::info("snapshot accepted",
            {{"revision", revision.value}, {"resources", push.snapshot().resources_size()}});
  return {};
}

/// On disk and counted before it is compiled: should it kill the process, the next start knows. A
/// disk that fails is no reason to refuse news: it is logged, and the snapshot is served.
Result<void> SnapshotIntake::put_on_trial(const v1::SnapshotPush& push) {
  const Revision revision{push.snapshot().revision()};
  const auto stored = disk_.load(revision);
  if (!stored || hash_bytes(*stored) != push.hash()) {
    if (const auto saved = disk_.save(push.snapshot()); !saved) {
      log::error("snapshot not kept on disk: a restart would serve an older one",
                 {{"revision", revision.value}, {"reason", saved.error()}});
      return {};
    }
  }
  const auto trial = disk_.begin_trial(revision);
  if (!trial) {
    log::warn("start not counted", {{"reason", trial.error()}});
    return {};
  }
  if (!*trial)
    return Error("this node was refused it or stopped " + std::to_string(SnapshotDisk::kMaxTrials) +
                 " times within its bake time: change the configuration to try again");
  return {};
}

void SnapshotIntake::bake() {
  if (revision_ == Revision{}) return;
  warn_on_error("snapshot not marked", disk_.mark_good(revision_));
  log::info("snapshot good", {{"revision", revision_.value}});
}

void SnapshotIntake::stop() {
  if (revision_ != Revision{}) warn_on_error("stop not counted", disk_.end_trial(revision_));
}

}  // namespace meridian::control
