#include "controller/distribute/registry.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace meridian::control {

std::shared_ptr<NodeStream> NodeRegistry::enter(const std::string& node,
                                                std::weak_ptr<NodeStream> stream,
                                                NodeRecord record) {
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[node];
  auto replaced = entry.stream.lock();
  if (replaced) replaced_.push_back(replaced);
  // What it refused stays known until it says more: a restart does not make a bad revision good.
  record.refused = entry.record.refused;
  record.refusal = entry.record.refusal;
  record.connected = true;
  entry.identity = stream.lock().get();
  entry.stream = std::move(stream);
  entry.record = std::move(record);
  return replaced;
}

bool NodeRegistry::leave(const std::string& node, const NodeStream* stream, WallTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(node);
  if (found == entries_.end() || found->second.identity != stream) return false;
  auto& entry = found->second;
  entry.identity = nullptr;
  entry.stream.reset();
  entry.record.connected = false;
  entry.record.since = now;
  return true;
}

void NodeRegistry::acknowledge(const std::string& node, Revision revision) {
  hold(node, revision);
  const std::lock_guard lock(mutex_);
  ++acknowledgements_;
}

void NodeRegistry::hold(const std::string& node, Revision revision) {
  const std::lock_guard lock(mutex_);
  auto& record = entries_[node].record;
  record.acknowledged = revision;
  if (revision >= record.refused) {
    record.refused = {};
    record.refusal.clear();
  }
}

void NodeRegistry::refuse(const std::string& node, Revision revision, std::string reason) {
  const std::lock_guard lock(mutex_);
  ++refusals_;
  auto& record = entries_[node].record;
  record.refused = revision;
  record.refusal = std::move(reason);
}

void NodeRegistry::acknowledge_purges(const std::string& node, PurgeSequence sequence) {
  const std::lock_guard lock(mutex_);
  auto& record = entries_[node].record;
  record.purged = std::max(record.purged, sequence);
}

void NodeRegistry::keep_only(const std::set<std::string>& declared) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    return !declared.contains(entry.first) && entry.second.identity == nullptr;
  });
}

std::vector<std::shared_ptr<NodeStream>> NodeRegistry::streams() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<NodeStream>> streams;
  for (const auto& [node, entry] : entries_)
    if (auto stream = entry.stream.lock()) streams.push_back(std::move(stream));
  return streams;
}

std::vector<std::shared_ptr<NodeStream>> NodeRegistry::overdue() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<NodeStream>> streams;
  for (const auto& weak : overdue_)
    if (auto stream = weak.lock()) streams.push_back(std::move(stream));
  overdue_ = std::exchange(replaced_, {});
  return streams;
}

std::shared_ptr<NodeStream> NodeRegistry::stream(const std::string& node) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(node);
  return found == entries_.end() ? nullptr : found->second.stream.lock();
}

NodeRecord NodeRegistry::record(const std::string& node) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(node);
  return found == entries_.end() ? NodeRecord() : found->second.record;
}

std::size_t NodeRegistry::connected(v1::Role role) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [role](const auto& entry) {
        return entry.second.record.connected && entry.second.record.role == role;
      }));
}

PurgeSequence NodeRegistry::purged_by_all() const {
  const std::lock_guard lock(mutex_);
  PurgeSequence least{std::numeric_limits<std::uint64_t>::max()};
  for (const auto& [node, entry] : entries_)
    if (entry.record.connected && entry.record.role == v1::ROLE_EDGE)
      least = std::min(least, entry.record.purged);
  return least;
}

std::uint64_t NodeRegistry::acknowledgements() const {
  const std::lock_guard lock(mutex_);
  return acknowledgements_;
}

std::uint64_t NodeRegistry::refusals() const {
  const std::lock_guard lock(mutex_);
  return refusals_;
}

}  // namespace meridian::control
