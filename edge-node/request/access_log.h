#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"

namespace meridian::edge {

/// What becomes of a request, which is counted too. Names are those of the snapshot that serves it.
struct AccessOutcome {
  std::string_view site;
  int status = 0;
  std::uint64_t bytes = 0;
  std::string_view origin_error;
  std::string_view rule;     // that has answered; empty: none
  std::string_view refused;  // for what, other than a rule: http::fault_text(), a limit
  std::chrono::microseconds origin_time{0};
  std::chrono::microseconds duration{0};
  bool complete = false;  // the whole answer was sent
};

/// What the log says of one request.
struct AccessEntry : AccessOutcome {
  WallTime time;
  std::string client;
  std::string_view scheme;
  std::string_view protocol;  // "HTTP/1.1"
  std::string host;
  std::string method;
  std::string target;
  std::string referer;
  std::string user_agent;
  std::string_view cache;                         // cache_result_text()
  std::string_view pool;                          // whose origins were asked; empty: none
  std::string origin;                             // the one that was asked last
  std::chrono::microseconds first_byte{0};        // of that origin
  std::string trace_id, span_id, parent_span_id;  // empty: no trace
  bool is_probe = false;                          // it looks like one of a DNS node
};

/// One line of JSON with its newline. Bytes that are not UTF-8 are escaped as Latin-1. Pure.
std::string access_line(const AccessEntry& entry);

struct AccessLogOptions {
  std::string path;             // "-": standard output; empty: no log
  std::uint64_t max_bytes = 0;  // then the file is set aside as `path`.1; 0: it grows
  unsigned old_files = 5;       // so many are kept
};

/// Lines from workers to a file, written by a thread of its own. A worker only ever holds a lock
/// for as long as the writer takes to swap two strings; when its queue is full the line is
/// dropped and counted. A file that somebody has moved away is made anew.
class AccessLog {
 public:
  static Result<std::unique_ptr<AccessLog>> open(const AccessLogOptions& options, unsigned workers);
  ~AccessLog();

  bool enabled() const { return !options_.path.empty(); }
  /// `worker`: whose queue; called by that worker only.
  void write(unsigned worker, std::string_view line);
  /// Opens the file anew at once, even if it is where it was. Any thread.
  void reopen() { reopen_.store(true); }
  /// Lines that were not written: the queue was full, or the disk.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kMaxQueueBytes = 4 << 20;
  struct Queue {
    std::mutex mutex;
    std::string lines;
  };
  AccessLog(AccessLogOptions options, int fd, unsigned workers);
  void run();
  void flush();
  bool wait_for_room();
  void write_lines(std::string_view lines);
  bool set_aside();
  void open_again();
  void go_on_in(int fd);
  bool was_moved() const;
  void drop(std::string_view lines, const char* why);

  const AccessLogOptions options_;
  int fd_;  // below 0: it cannot be opened
  std::uint64_t size_ = 0;
  bool torn_ = false;     // the file ends within a line
  bool failing_ = false;  // and it was said
  std::vector<std::unique_ptr<Queue>> queues_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> reopen_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace meridian::edge
