#include "controller/distribute/questions.h"

#include <utility>
#include <vector>

namespace meridian::control {

std::optional<std::uint64_t> Questions::open(const std::string& node, Instant deadline, Done done) {
  const std::lock_guard lock(mutex_);
  if (closed_ || open_.size() >= kMost) return std::nullopt;
  open_[++last_id_] = {node, deadline, std::move(done)};
  return last_id_;
}

void Questions::answer(const std::string& node, std::uint64_t id, v1::NodeMessage message) {
  Done done;
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    if (found == open_.end() || found->second.node != node) return;
    done = std::move(found->second.done);
    open_.erase(found);
  }
  done(std::move(message));
}

template <class Which>
void Questions::end(Which which, const std::string& reason) {
  std::vector<std::pair<std::string, Done>> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = open_.begin(); at != open_.end();) {
      if (!which(at->first, at->second)) {
        ++at;
        continue;
      }
      ended.emplace_back(at->second.node, std::move(at->second.done));
      at = open_.erase(at);
    }
  }
  for (const auto& [node, done] : ended) done(Error("node " + node, reason));
}

void Questions::fail(std::uint64_t id, const std::string& reason) {
  end([id](std::uint64_t open, const Open&) { return open == id; }, reason);
}

void Questions::lose(const std::string& node) {
  end([&](std::uint64_t, const Open& open) { return open.node == node; },
      "lost its connection before it answered");
}

void Questions::expire(Instant now) {
  end([now](std::uint64_t, const Open& open) { return open.deadline <= now; },
      "did not answer in time");
}

std::optional<Instant> Questions::next_deadline() const {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> next;
  for (const auto& [id, open] : open_)
    if (!next || open.deadline < *next) next = open.deadline;
  return next;
}

void Questions::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  end([](std::uint64_t, const Open&) { return true; }, "was not asked: the controller stops");
}

}  // namespace meridian::control
