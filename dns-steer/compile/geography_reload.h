#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "dns-steer/compile/geography.h"
#include "geoip-data/database/database_store.h"
#include "geoip-data/database/file_settling.h"

namespace meridian::dns {

/// Notices that the operator's database files have changed, and puts them into service off the
/// data path: copied, read whole, compiled, compared; what is damaged, or would lead more than
/// `most_moved` of the address space elsewhere, is refused, and what was in use stays.
class GeographyReload {
 public:
  struct Options {
    std::chrono::milliseconds interval{2'000};
    double most_moved = 0.2;  // of the address space, each family for itself
  };
  /// Puts a prepared change into use: commits it and serves what is compiled of it.
  using Apply = std::function<void(Geography::Change change)>;

  GeographyReload(DatabaseStore store, Geography& geography, Options options, Apply apply);
  /// Stops and joins.
  ~GeographyReload();

  /// Starts looking at the files, every `interval`, on a thread of its own.
  void start();
  void stop();

  enum class Wish : std::uint8_t {
    none,
    reload,  // also what was refused before
    force,   // and however much it moves
  };
  /// At once instead of at the next look. Any thread.
  void ask(Wish wish);

  /// One look; what the thread does. Not while the thread runs.
  void look(Wish wish);

  std::uint64_t reloads() const { return reloads_; }
  std::uint64_t refusals() const { return refusals_; }
  /// Newer files are there that were refused.
  bool is_refusing() const { return refusing_; }

 private:
  void run();
  void read(const std::string& signature, Wish wish);
  void refuse(const std::string& signature, const Error& why);

  DatabaseStore store_;
  Geography& geography_;
  Options options_;
  Apply apply_;
  FileSettling settling_;
  std::string complaint_;  // the last one logged
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> refusals_{0};
  std::atomic<bool> refusing_{false};

  std::mutex mutex_;
  std::condition_variable changed_;
  Wish wish_ = Wish::none;  // under mutex_
  bool stopping_ = false;   // under mutex_
  std::thread thread_;
};

}  // namespace meridian::dns
