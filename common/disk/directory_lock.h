#pragma once

#include <filesystem>
#include <utility>

#include "common/base/result.h"

namespace meridian {

/// While it lives, no other process has the lock of the same directory: a file `lock` there, which
/// stays. It ends with the process, however that ends.
class DirectoryLock {
 public:
  /// Makes the directory if it is not there. The Error says that another process has it.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);

  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace meridian
