#include "edge-node/request/access_log.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/observe/log.h"

namespace meridian::edge {
namespace {

constexpr std::chrono::milliseconds kFlushInterval{100};
constexpr int kLastLooks = 10;  // for room, at the end; as far apart
constexpr std::string_view kStandardOutput = "-";

std::string time_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(time - day));
  char text[48];
  const int size = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

void append_string(std::string& out, std::string_view key, std::string_view value) {
  out += ",\"";
  out += key;
  out += "\":\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_number(std::string& out, std::string_view key, std::uint64_t value) {
  out += ",\"";
  out += key;
  out += "\":";
  out += std::to_string(value);
}

int open_file(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

std::uint64_t size_of(int fd) {
  struct stat file {};
  const bool known = fd >= 0 && ::fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
  return known ? static_cast<std::uint64_t>(file.st_size) : 0;
}

}  // namespace

std::string access_line(const AccessEntry& entry) {
  std::string line = "{\"time\":\"" + time_text(entry.time) + '"';
  append_string(line, "client", entry.client);
  append_string(line, "scheme", entry.scheme);
  append_string(line, "protocol", entry.protocol);
  append_string(line, "site", entry.site);
  append_string(line, "host", entry.host);
  append_string(line, "method", entry.method);
  append_string(line, "path", entry.target);
  append_number(line, "status", static_cast<std::uint64_t>(entry.status));
  append_number(line, "bytes", entry.bytes);
  append_string(line, "referer", entry.referer);
  append_string(line, "user_agent", entry.user_agent);
  append_string(line, "cache", entry.cache);
  if (!entry.pool.empty()) {
    append_string(line, "pool", entry.pool);
    append_string(line, "origin", entry.origin);
    append_number(line, "first_byte_us", static_cast<std::uint64_t>(entry.first_byte.count()));
  }
  append_number(line, "origin_us", static_cast<std::uint64_t>(entry.origin_time.count()));
  append_number(line, "duration_us", static_cast<std::uint64_t>(entry.duration.count()));
  if (!entry.origin_error.empty()) append_string(line, "origin_error", entry.origin_error);
  if (!entry.rule.empty()) append_string(line, "rule", entry.rule);
  if (!entry.refused.empty()) append_string(line, "refused", entry.refused);
  if (!entry.trace_id.empty()) {
    append_string(line, "trace_id", entry.trace_id);
    append_string(line, "span_id", entry.span_id);
    if (!entry.parent_span_id.empty()) append_string(line, "parent_span_id", entry.parent_span_id);
  }
  line += entry.complete ? ",\"complete\":true}\n" : ",\"complete\":false}\n";
  return line;
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const AccessLogOptions& options,
                                                   unsigned workers) {
  int fd = -1;
  if (options.path == kStandardOutput) fd = STDOUT_FILENO;
  if (!options.path.empty() && fd < 0) {
    fd = open_file(options.path);
    if (fd < 0) return Error("--access-log", options.path + ": " + std::strerror(errno));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(options, fd, workers));
}

AccessLog::AccessLog(AccessLogOptions options, int fd, unsigned workers)
    : options_(std::move(options)), fd_(fd), size_(size_of(fd)) {
  for (unsigned i = 0; i < workers; ++i) queues_.push_back(std::make_unique<Queue>());
  if (enabled()) thread_ = std::thread([this] { run(); });
}

AccessLog::~AccessLog() {
  if (!enabled()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
}

void AccessLog::write(unsigned worker, std::string_view line) {
  Queue& queue = *queues_[worker];
  const std::lock_guard lock(queue.mutex);
  if (queue.lines.size() + line.size() > kMaxQueueBytes)
    dropped_.fetch_add(1, std::memory_order_relaxed);
  else
    queue.lines += line;
}

void AccessLog::run() {
  for (bool stopping = false; !stopping;) {
    {
      std::unique_lock lock(mutex_);
      stopping = wake_.wait_for(lock, kFlushInterval, [this] { return stopping_; });
    }
    if (options_.path != kStandardOutput && (reopen_.exchange(false) || was_moved())) open_again();
    flush();
  }
}

/// By who rotates logs, or removed.
bool AccessLog::was_moved() const {
  struct stat there {
  }, held{};
  if (fd_ < 0 || ::fstat(fd_, &held) != 0) return true;
  return ::stat(options_.path.c_str(), &there) != 0 || there.st_ino != held.st_ino ||
         there.st_dev != held.st_dev;
}

void AccessLog::open_again() {
  const int fd = open_file(options_.path);
  if (fd < 0 && fd_ >= 0) return;  // the one that is open still takes lines
  go_on_in(fd);
}

void AccessLog::go_on_in(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  size_ = size_of(fd);
  torn_ = false;
}

/// `path`.1 is the newest of the old files. The next one is there before any of them moves: where
/// it cannot be made, tries in vain would push them out one by one.
bool AccessLog::set_aside() {
  const std::string& path = options_.path;
  const std::string next = path + ".new";
  const int fd = open_file(next);
  if (fd < 0) return false;
  const auto old = [&](unsigned i) { return path + "." + std::to_string(i); };
  for (unsigned i = options_.old_files; i > 1; --i) ::rename(old(i - 1).c_str(), old(i).c_str());
  const bool away = options_.old_files == 0 ||  // it is overwritten
                    ::rename(path.c_str(), old(1).c_str()) == 0 || errno == ENOENT;
  if (away && ::rename(next.c_str(), path.c_str()) == 0) {
    go_on_in(fd);
    return true;
  }
  ::unlink(next.c_str());
  ::close(fd);
  return false;
}

void AccessLog::flush() {
  std::string lines;
  for (const auto& queue : queues_) {
    lines.clear();
    {
      const std::lock_guard lock(queue->mutex);
      lines.swap(queue->lines);
    }
    std::string_view rest = lines;
    while (!rest.empty()) {
      std::size_t size = rest.size();
      if (options_.max_bytes > 0 && fd_ != STDOUT_FILENO && size_ + size > options_.max_bytes) {
        const bool grows = size_ > 0 && !set_aside();  // until it can be
        const auto room = options_.max_bytes - std::min(options_.max_bytes, size_);
        const auto end = rest.substr(0, room).rfind('\n');
        if (!grows) size = end != rest.npos ? end + 1 : rest.find('\n') + 1;
      }
      write_lines(rest.substr(0, size));
      rest.remove_prefix(size);
    }
  }
}

/// On standard output, which may be a pipe. False: nobody reads it, and the process is to end.
bool AccessLog::wait_for_room() {
  for (int looks = 0; looks < kLastLooks;) {
    pollfd output{fd_, POLLOUT, 0};
    if (::poll(&output, 1, kFlushInterval.count()) != 0) return true;
    const std::lock_guard lock(mutex_);
    if (stopping_) ++looks;
  }
  return false;
}

void AccessLog::write_lines(std::string_view lines) {
  if (fd_ < 0) return drop(lines, "it cannot be opened");
  if (torn_ && ::write(fd_, "\n", 1) == 1) torn_ = false;
  if (torn_) return drop(lines, std::strerror(errno));
  while (!lines.empty()) {
    auto size = static_cast<ssize_t>(lines.size());
    if (fd_ == STDOUT_FILENO) {
      if (!wait_for_room()) {
        fd_ = -1;
        return drop(lines, "nobody reads it");
      }
      size = std::min<ssize_t>(size, PIPE_BUF);  // so much waits for nobody
    }
    size = ::write(fd_, lines.data(), static_cast<std::size_t>(size));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return drop(lines, std::strerror(errno));
    const auto written = static_cast<std::size_t>(size);
    size_ += written;
    if (written > 0) torn_ = lines[written - 1] != '\n';
    lines.remove_prefix(written);
  }
  failing_ = false;
}

void AccessLog::drop(std::string_view lines, const char* why) {
  dropped_.fetch_add(static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')),
                     std::memory_order_relaxed);
  if (!std::exchange(failing_, true))
    log::error("the access log cannot be written", {{"path", options_.path}, {"reason", why}});
}

}  // namespace meridian::edge
