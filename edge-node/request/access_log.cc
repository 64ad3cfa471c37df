#include "edge-node/request/access_log.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "common/observe/log.h"

namespace meridian::edge {
namespace {

constexpr std::chrono::milliseconds kFlushInterval{100};

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

}  // namespace

std::string access_line(const AccessEntry& entry) {
  std::string line = "{\"time\":\"" + time_text(entry.time) + '"';
  append_string(line, "client", entry.client);
  append_string(line, "scheme", entry.scheme);
  append_string(line, "site", entry.site);
  append_string(line, "host", entry.host);
  append_string(line, "method", entry.method);
  append_string(line, "path", entry.target);
  append_number(line, "status", static_cast<std::uint64_t>(entry.status));
  append_number(line, "bytes", entry.bytes);
  append_string(line, "cache", entry.cache);
  append_number(line, "origin_us", static_cast<std::uint64_t>(entry.origin_time.count()));
  append_number(line, "duration_us", static_cast<std::uint64_t>(entry.duration.count()));
  if (!entry.origin_error.empty()) append_string(line, "origin_error", entry.origin_error);
  line += entry.complete ? ",\"complete\":true}\n" : ",\"complete\":false}\n";
  return line;
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path, unsigned workers) {
  int fd = -1;
  if (path == "-") fd = STDOUT_FILENO;
  if (!path.empty() && path != "-") {
    fd = open_file(path);
    if (fd < 0) return Error("--access-log", path + ": " + std::strerror(errno));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(path, fd, workers));
}

AccessLog::AccessLog(std::string path, int fd, unsigned workers) : path_(std::move(path)), fd_(fd) {
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
  if (fd_ != STDOUT_FILENO) ::close(fd_);
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
    if (reopen_.exchange(false) && path_ != "-") {
      const int fd = open_file(path_);
      if (fd >= 0)
        ::close(std::exchange(fd_, fd));
      else
        log::error("the access log cannot be opened again", {{"path", path_}});
    }
    if (!flush()) log::error("the access log cannot be written", {{"error", std::strerror(errno)}});
  }
}

bool AccessLog::flush() {
  std::string lines;
  for (const auto& queue : queues_) {
    lines.clear();
    {
      const std::lock_guard lock(queue->mutex);
      lines.swap(queue->lines);
    }
    for (std::string_view rest = lines; !rest.empty();) {
      const auto size = ::write(fd_, rest.data(), rest.size());
      if (size < 0 && errno != EINTR) return false;
      if (size > 0) rest.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  return true;
}

}  // namespace meridian::edge
