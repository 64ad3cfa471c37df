#include "edge-node/load_meter.h"

namespace meridian::edge {

void LoadMeter::measure(const Totals& totals, Instant now) {
  if (last_) {
    if (now - last_->time < kLeastInterval) return;
    const std::chrono::duration<double> passed = now - last_->time;
    const std::chrono::duration<double> used = totals.cpu_time - last_->totals.cpu_time;
    const auto bits = static_cast<double>(totals.sent_bytes - last_->totals.sent_bytes) * 8;
    bits_per_second_ = static_cast<std::uint64_t>(bits / passed.count());
    cpu_ = used / passed / workers_;
    const auto answered = totals.answered_requests - last_->totals.answered_requests;
    requests_per_second_ = static_cast<double>(answered) / passed.count();
  }
  last_ = Measure{totals, now};
}

}  // namespace meridian::edge
