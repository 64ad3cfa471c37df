#include "edge-node/geo/places_reload.h"

#include <utility>

#include "common/observe/log.h"

namespace meridian::edge {
namespace {

constexpr std::chrono::seconds kInterval{2};

}  // namespace

PlacesReload::PlacesReload(DatabaseStore store, const DatabaseSet& in_use, Apply apply)
    : store_(std::move(store)),
      apply_(std::move(apply)),
      settling_(in_use.signature),
      identity_(in_use.identity) {}

PlacesReload::~PlacesReload() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void PlacesReload::start() {
  thread_ = std::thread([this] { run(); });
}

void PlacesReload::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [&] { return stopping_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void PlacesReload::look() {
  const auto seen = store_.signature();
  if (!seen) {  // gone: what is in use stays
    if (std::exchange(complaint_, seen.error().text()) != complaint_)
      log::warn("databases of places not read: serving on with what is here",
                {{"reason", seen.error()}});
    return;
  }
  if (settling_.should_read(*seen, FileSettling::Asked::nobody)) read(*seen);
}

void PlacesReload::read(const std::string& signature) {
  auto set = store_.copy();
  if (!set) return refuse(signature, set.error());
  const auto taken = set->signature;
  if (set->identity != identity_) {
    // Read whole once, so that no damage is met on the data path.
    for (const auto& database : set->databases)
      if (const auto layer = database.read(); !layer) return refuse(signature, layer.error());
    if (auto kept = store_.keep(*set); !kept) return refuse(signature, kept.error());
    identity_ = set->identity;
    apply_(std::make_shared<const ClientPlaces>(std::move(*set)));
    ++reloads_;
    log::info("databases of places reloaded");
  }
  settling_.took(taken);
  complaint_.clear();
}

void PlacesReload::refuse(const std::string& signature, const Error& why) {
  settling_.refused(signature);
  ++refusals_;
  complaint_ = why.text();
  log::error("new databases of places refused: serving on with those in use", {{"reason", why}});
}

}  // namespace meridian::edge
