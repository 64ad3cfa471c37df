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
    auto snapshot = disk_.load(revision);
    if (!snapshot) continue;  // named when the disk was opened
    snapshot->set_revision(stored.stands_for.value);
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
    revision_ = stored.stands_for;
    hash_ = hash_bytes(*snapshot);
    stored_ = revision;
    log::info("serving from disk", {{"revision", revision_.value}});
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
  if (push.hash() == hash_) {
    if (revision != revision_) renumber(push);
    return {};
  }
  const auto kept = put_on_trial(push);
  if (!kept) return kept.error();
  if (auto served = serve_(push.snapshot()); !served) {
    warn_on_error("snapshot not marked", disk_.mark_bad(revision));
    return served;
  }
  revision_ = revision;
  hash_ = push.hash();
  stored_ = *kept ? std::optional(revision) : std::nullopt;
  log::info("snapshot accepted",
            {{"revision", revision.value}, {"resources", push.snapshot().resources_size()}});
  return {};
}

/// Most revisions change nothing for most nodes: what serves goes on, with the mark and the bake
/// time that it has. Else nothing would ever become good where zones change each minute.
void SnapshotIntake::renumber(const v1::SnapshotPush& push) {
  revision_ = Revision{push.snapshot().revision()};
  if (stored_) {
    warn_on_error("revision not kept on disk: a restart would tell an older one",
                  disk_.stand_for(*stored_, revision_));
    return;
  }
  const auto kept = put_on_trial(push);  // the disk has failed before
  if (kept && *kept) stored_ = revision_;
}

/// On disk and counted before it is compiled: should it kill the process, the next start knows. A
/// disk that fails is no reason to refuse news: it is logged, and the snapshot is served.
Result<bool> SnapshotIntake::put_on_trial(const v1::SnapshotPush& push) {
  const Revision revision{push.snapshot().revision()};
  const auto stored = disk_.load(revision);
  if (!stored || hash_bytes(*stored) != push.hash()) {
    if (const auto saved = disk_.save(push.snapshot()); !saved) {
      log::error("snapshot not kept on disk: a restart would serve an older one",
                 {{"revision", revision.value}, {"reason", saved.error()}});
      return false;
    }
  }
  const auto trial = disk_.begin_trial(revision);
  if (!trial) {
    log::warn("start not counted", {{"reason", trial.error()}});
    return true;
  }
  if (!*trial)
    return Error("this node was refused it or stopped " + std::to_string(SnapshotDisk::kMaxTrials) +
                 " times within its bake time: change the configuration, or install another "
                 "version of the software, to try again");
  return true;
}

void SnapshotIntake::bake() {
  if (revision_ == Revision{}) return;
  if (stored_) warn_on_error("snapshot not marked", disk_.mark_good(*stored_));
  log::info("snapshot good", {{"revision", revision_.value}});
}

void SnapshotIntake::stop() {
  if (stored_) warn_on_error("stop not counted", disk_.end_trial(*stored_));
}

}  // namespace meridian::control
