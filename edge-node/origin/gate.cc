#include "edge-node/origin/gate.h"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace meridian::edge {

namespace asio = boost::asio;

void OriginGates::wake(const OriginPtr& origin, Bound bound) {
  const auto worker = ((*origin).*bound).next_worker();
  if (!worker) return;
  if (*worker >= gates_.size()) return;  // closed
  const Entry& entry = gates_[*worker];
  asio::post(*entry.context, [gate = entry.gate, origin, bound] { gate->serve(origin, bound); });
}

void OriginGates::give_up_idle(const OriginPtr& origin, unsigned except) {
  for (std::size_t i = 0; i < gates_.size(); ++i) {
    if (i == except) continue;
    asio::post(*gates_[i].context,
               [gate = gates_[i].gate, origin] { gate->on_give_up_idle(origin); });
  }
}

void Admission::leave() {
  if (!origin_) return;
  const OriginPtr origin = std::move(origin_);
  origin_ = nullptr;
  Turnstile& turnstile = (*origin).*bound_;
  turnstile.leave();
  if (turnstile.anybody_waits()) gates_->wake(origin, bound_);
}

Admission OriginGate::try_enter(const OriginPtr& origin, Bound bound, std::uint32_t most) {
  Turnstile& turnstile = (*origin).*bound;
  if (most > 0 && turnstile.anybody_waits()) return {};
  if (!turnstile.try_enter(most)) return {};
  return Admission(all_, origin, bound);
}

asio::awaitable<OriginGate::Waited> OriginGate::wait(OriginPtr origin, Bound bound,
                                                     std::uint32_t max_pending, Instant deadline,
                                                     const std::function<bool()>& enter) {
  Turnstile& turnstile = (*origin).*bound;
  if (closed_ || !turnstile.try_queue(max_pending)) co_return Waited::full;
  Waiter waiter{enter, std::make_shared<Bell>(context_)};
  queues_[&turnstile].push_back(&waiter);
  turnstile.announce(worker_);
  serve(origin, bound);  // whoever left before the announcement told nobody
  if (!waiter.entered && bound == &Origin::connections) all_.give_up_idle(origin, worker_);
  while (!waiter.entered && !closed_) {
    const bool rung = co_await waiter.bell->wait(deadline);
    if (!rung) break;
  }
  turnstile.leave_queue();
  if (waiter.entered) co_return Waited::entered;
  const auto queue = queues_.find(&turnstile);
  std::erase(queue->second, &waiter);
  if (queue->second.empty()) {
    queues_.erase(queue);
    turnstile.withdraw(worker_);
  }
  co_return Waited::too_long;
}

void OriginGate::serve(const OriginPtr& origin, Bound bound) {
  Turnstile& turnstile = (*origin).*bound;
  const auto found = queues_.find(&turnstile);
  if (found != queues_.end()) {
    Queue& queue = found->second;
    while (!queue.empty() && queue.front()->enter()) {
      queue.front()->entered = true;
      queue.front()->bell->ring();
      queue.pop_front();
    }
    if (!queue.empty()) return;  // there is no room: whoever leaves next tells
    queues_.erase(found);
    turnstile.withdraw(worker_);
  }
  // There may be more room than this worker needed.
  all_.wake(origin, bound);
}

void OriginGate::close() {
  closed_ = true;
  for (auto& [turnstile, queue] : queues_)
    for (Waiter* waiter : queue) waiter->bell->ring();
}

}  // namespace meridian::edge
