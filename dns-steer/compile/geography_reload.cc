#include "dns-steer/compile/geography_reload.h"

#include <cstdio>
#include <utility>

#include "common/base/time.h"
#include "common/observe/log.h"

namespace meridian::dns {
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

}  // namespace

GeographyReload::GeographyReload(DatabaseStore store, Geography& geography, Options options,
                                 Apply apply)
    : store_(std::move(store)),
      geography_(geography),
      options_(options),
      apply_(std::move(apply)),
      settling_(geography.databases()->signature) {}

GeographyReload::~GeographyReload() { stop(); }

void GeographyReload::start() {
  thread_ = std::thread([this] { run(); });
}

void GeographyReload::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void GeographyReload::ask(Wish wish) {
  {
    const std::lock_guard lock(mutex_);
    wish_ = std::max(wish_, wish);
  }
  changed_.notify_one();
}

void GeographyReload::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, options_.interval, [&] { return stopping_ || wish_ != Wish::none; });
    if (stopping_) return;
    const auto wish = std::exchange(wish_, Wish::none);
    lock.unlock();
    look(wish);
    lock.lock();
  }
}

void GeographyReload::look(Wish wish) {
  const auto seen = store_.signature();
  if (!seen) {  // gone: what is in use stays
    refusing_ = true;
    if (std::exchange(complaint_, seen.error().text()) != complaint_)
      log::warn("databases of places not read: serving on with what is here",
                {{"reason", seen.error()}});
    return;
  }
  const auto asked =
      wish == Wish::none ? FileSettling::Asked::nobody : FileSettling::Asked::somebody;
  if (settling_.should_read(*seen, asked)) read(*seen, wish);
}

void GeographyReload::read(const std::string& signature, Wish wish) {
  const auto began = Clock::now();
  auto set = store_.copy();
  if (!set) return refuse(signature, set.error());
  const auto taken = set->signature;
  if (set->identity == geography_.databases()->identity) {  // touched, but not changed
    settling_.took(taken);
    refusing_ = false;
    complaint_.clear();
    return;
  }
  auto change = geography_.prepare(std::move(*set));
  if (!change) return refuse(signature, change.error());
  const auto moved = change->moved;
  if (wish != Wish::force && moved.most() > options_.most_moved)
    return refuse(signature, Error("they would lead " + percent(moved.v4) + " of the IPv4 and " +
                                   percent(moved.v6) +
                                   " of the IPv6 addresses to another location; more than " +
                                   percent(options_.most_moved) +
                                   " is not done unasked (SIGUSR1 to this process does it)"));
  if (auto kept = store_.keep(*change->databases); !kept) return refuse(signature, kept.error());
  apply_(std::move(*change));
  settling_.took(taken);
  refusing_ = false;
  complaint_.clear();
  ++reloads_;
  const std::chrono::duration<double> took = Clock::now() - began;
  log::info("databases of places reloaded", {{"moved_v4", percent(moved.v4)},
                                             {"moved_v6", percent(moved.v6)},
                                             {"seconds", took.count()}});
}

void GeographyReload::refuse(const std::string& signature, const Error& why) {
  settling_.refused(signature);
  refusing_ = true;
  ++refusals_;
  complaint_ = why.text();
  log::error("new databases of places refused: serving on with those in use", {{"reason", why}});
}

}  // namespace meridian::dns
