#include "dns-steer/compile/report_desk.h"

#include <chrono>
#include <string>
#include <utility>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/time.h"
#include "common/observe/log.h"
#include "dns-steer/steer/report.h"

namespace meridian::dns {
namespace {

constexpr int kLowPriority = 10;  // workers come first

v1::SteeringReport failed(std::string why) {
  v1::SteeringReport report;
  report.set_error(std::move(why));
  return report;
}

}  // namespace

ReportDesk::~ReportDesk() {
  const std::lock_guard lock(mutex_);
  if (making_.valid()) making_.wait();
}

void ReportDesk::ask(std::shared_ptr<const Snapshot> snapshot,
                     const v1::SteeringReportRequest& request, Reply reply) {
  if (!snapshot) return reply(failed("this node serves no revision yet"));
  const std::lock_guard lock(mutex_);
  if (making_.valid() && making_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return reply(failed("this node is making another report; try again when it is done"));
  making_ = std::async(std::launch::async,
                       [this, snapshot = std::move(snapshot), request, reply = std::move(reply)] {
                         // On Linux of this thread alone, and of those that it starts.
                         (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowPriority);
                         reply(make(*snapshot, request));
                         malloc_trim(0);
                       });
}

v1::SteeringReport ReportDesk::make(const Snapshot& snapshot,
                                    const v1::SteeringReportRequest& request) const {
  const auto began = Clock::now();
  const auto world = geography_.read();
  if (!world) return failed(world.error().text());
  auto report = report_steering(snapshot.fleet, *world, request);
  report.set_revision(snapshot.revision.value);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  report.mutable_took()->set_seconds(took.count() / 1000);
  report.mutable_took()->set_nanos(static_cast<std::int32_t>(took.count() % 1000 * 1'000'000));
  log::info("steering report",
            {{"policies", report.policies_size()}, {"milliseconds", took.count()}});
  return report;
}

}  // namespace meridian::dns
