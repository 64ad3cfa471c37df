#include "controller/distribute/outbox.h"

#include <utility>

namespace meridian::control {

bool Outbox::ask(v1::ControllerMessage question) {
  if (questions_.size() >= kMostQuestions) return false;
  questions_.push_back(std::move(question));
  return true;
}

Outbox::Kind Outbox::take() {
  // Verdicts speak of edges that the snapshot declares; purges must not wait behind verdicts.
  if (std::exchange(snapshot_, false)) return Kind::snapshot;
  if (std::exchange(purges_, false)) return Kind::purges;
  if (std::exchange(health_, false)) return Kind::health;
  if (questions_.empty()) return Kind::nothing;
  question_ = std::move(questions_.front());
  questions_.pop_front();
  return Kind::question;
}

}  // namespace meridian::control
