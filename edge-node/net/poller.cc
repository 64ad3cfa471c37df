#include "edge-node/net/poller.h"

namespace meridian::edge {

Poller::Poller(boost::asio::io_context& context)
    : descriptor_(context, ::epoll_create1(EPOLL_CLOEXEC)) {}

bool Poller::add(int socket, Watch& watch) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watch;
  return ::epoll_ctl(descriptor_.native_handle(), EPOLL_CTL_ADD, socket, &event) == 0;
}

void Poller::forget(const Watch& watch) {
  for (auto& event : pending_)
    if (event.data.ptr == &watch) event.data.ptr = nullptr;
}

void Poller::begin_wait() {
  ++waits_;
  if (!armed_) arm();
}

void Poller::end_wait() {
  if (--waits_ > 0 || !armed_ || !pending_.empty()) return;
  boost::system::error_code ignored;  // the wait has just ended: no matter
  descriptor_.cancel(ignored);
}

void Poller::arm() {
  armed_ = true;
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](boost::system::error_code error) {
                           if (!error) dispatch();
                           armed_ = false;
                           if (waits_ > 0) arm();
                         });
}

void Poller::dispatch() {
  for (int turn = 0; turn < kMaxBatches; ++turn) {
    const int ready = ::epoll_wait(descriptor_.native_handle(), batch_.data(), kBatch, 0);
    if (ready <= 0) return;
    pending_ = {batch_.data(), static_cast<std::size_t>(ready)};
    while (!pending_.empty()) {
      const epoll_event event = pending_.front();
      pending_ = pending_.subspan(1);
      if (event.data.ptr) static_cast<Watch*>(event.data.ptr)->on_events(event.events);
    }
  }
}

}  // namespace meridian::edge
