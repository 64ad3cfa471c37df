#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "edge-node/geo/client_places.h"
#include "geoip-data/database/file_settling.h"

namespace meridian::edge {

/// Notices that the operator's database files have changed, and puts copies of them into service,
/// off the data path. What is no database is refused, and what was in use stays.
class PlacesReload {
 public:
  using Apply = std::function<void(std::shared_ptr<const ClientPlaces> places)>;

  /// `in_use`: what is served now.
  PlacesReload(DatabaseStore store, const DatabaseSet& in_use, Apply apply);
  /// Stops and joins.
  ~PlacesReload();

  /// Starts looking at the files, every two seconds, on a thread of its own.
  void start();

  /// One look; what the thread does. Not while the thread runs.
  void look();

  std::uint64_t reloads() const { return reloads_; }
  std::uint64_t refusals() const { return refusals_; }

 private:
  void run();
  void read(const std::string& signature);
  void refuse(const std::string& signature, const Error& why);

  DatabaseStore store_;
  Apply apply_;
  FileSettling settling_;
  std::string identity_;   // of what is in use
  std::string complaint_;  // the last one logged
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> refusals_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace meridian::edge
