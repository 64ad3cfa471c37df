#include "common/control/calls.h"

namespace meridian::control {

void Inbox::begin_call() {
  const std::lock_guard lock(mutex);
  ++open_calls;
}

void Inbox::break_off(const std::string& reason) {
  {
    const std::lock_guard lock(mutex);
    if (broken.empty()) broken = reason;
  }
  changed.notify_one();
}

void Inbox::end_call(const std::string& reason) {
  {
    const std::lock_guard lock(mutex);
    if (!reason.empty()) broken = reason;
    --open_calls;
  }
  changed.notify_one();
}

}  // namespace meridian::control
