#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/base/result.h"
#include "common/net/address.h"
#include "controller/store/head.h"

namespace meridian::control {

/// The UDP socket at which primaries tell of changes, on a thread of its own.
class NotifyListener {
 public:
  /// `changed` is called with the name of a zone, on that thread. `head` must outlive it.
  static Result<std::unique_ptr<NotifyListener>> listen(
      const Endpoint& endpoint, const Head& head, std::function<void(const std::string&)> changed);
  ~NotifyListener();
  NotifyListener(const NotifyListener&) = delete;
  NotifyListener& operator=(const NotifyListener&) = delete;

  /// For metrics.
  std::uint64_t heard() const { return heard_; }
  std::uint64_t refused() const { return refused_; }

 private:
  NotifyListener(int socket, const Head& head, std::function<void(const std::string&)> changed);
  void run();

  const int socket_;
  const Head& head_;
  std::function<void(const std::string&)> changed_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> heard_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::thread thread_;
};

}  // namespace meridian::control
