#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// Questions to nodes that are on their way. Each ends exactly once: with the answer, or with
/// an Error when time is up or the node goes. Any thread; answers are handed over without a lock.
class Questions {
 public:
  static constexpr std::size_t kMost = 256;
  /// The answer is a NodeMessage with an answer of any sort.
  using Done = std::function<void(Result<v1::NodeMessage>)>;

  /// Its id; nothing if kMost are open already, or it is closed (then `done` is not called).
  std::optional<std::uint64_t> open(const std::string& node, Instant deadline, Done done);
  /// Ignored unless it is `node` that was asked under this id.
  void answer(const std::string& node, std::uint64_t id, v1::NodeMessage message);
  /// The node will not answer.
  void fail(std::uint64_t id, const std::string& reason);
  void lose(const std::string& node);
  void expire(Instant now);
  /// The earliest deadline, if any.
  std::optional<Instant> next_deadline() const;
  /// Ends all; none can be opened from now on.
  void close();

 private:
  struct Open {
    std::string node;
    Instant deadline;
    Done done;
  };
  template <class Which>
  void end(Which which, const std::string& reason);

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::uint64_t, Open> open_;
  std::uint64_t last_id_ = 0;
  bool closed_ = false;
};

}  // namespace meridian::control
