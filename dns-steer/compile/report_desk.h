#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>

#include "dns-steer/compile/geography.h"
#include "dns-steer/query/serving.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// Makes steering reports (steer/report.h), one at a time, on a thread of low priority: it reads
/// all databases of places for each, which takes a second or two and some hundred megabytes.
class ReportDesk {
 public:
  using Reply = std::function<void(v1::SteeringReport report)>;

  /// `geography` outlives it.
  explicit ReportDesk(const Geography& geography) : geography_(geography) {}
  /// Waits for the one that is being made.
  ~ReportDesk();

  /// Calls `reply` once, now or from the thread: with an error while another one is being made, or
  /// if `snapshot` is null. Any thread.
  void ask(std::shared_ptr<const Snapshot> snapshot, const v1::SteeringReportRequest& request,
           Reply reply);

 private:
  v1::SteeringReport make(const Snapshot& snapshot, const v1::SteeringReportRequest& request) const;

  const Geography& geography_;
  std::mutex mutex_;  // guards what follows
  std::future<void> making_;
};

}  // namespace meridian::dns
