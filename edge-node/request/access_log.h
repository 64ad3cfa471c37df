#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace meridian::edge {

/// What the log says of one request.
struct AccessEntry {
  WallTime time;
  std::string client;
  std::string scheme;
  std::string site;
  std::string host;
  std::string method;
  std::string target;
  int status = 0;
  std::uint64_t bytes = 0;
  std::string cache;  // cache_result_text()
  std::string_view origin_error;
  std::chrono::microseconds origin_time{0};
  std::chrono::microseconds duration{0};
  bool complete = false;  // the whole answer was sent
};

/// One line of JSON with its newline. Bytes that are not UTF-8 are escaped as Latin-1. Pure.
std::string access_line(const AccessEntry& entry);

/// Lines from workers to a file, written by a thread of its own. A worker only ever holds a lock
/// for as long as the writer takes to swap two strings; when its queue is full the line is
/// dropped and counted.
class AccessLog {
 public:
  /// `path`: "-" is standard output; empty: no log.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, unsigned workers);
  ~AccessLog();

  bool enabled() const { return fd_ >= 0; }
  /// `worker`: whose queue; called by that worker only.
  void write(unsigned worker, std::string_view line);
  /// Opens the file anew, after it was moved away. Any thread.
  void reopen() { reopen_.store(true); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kMaxQueueBytes = 4 << 20;
  struct Queue {
    std::mutex mutex;
    std::string lines;
  };
  AccessLog(std::string path, int fd, unsigned workers);
  void run();
  bool flush();

  std::string path_;
  int fd_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> reopen_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace meridian::edge
