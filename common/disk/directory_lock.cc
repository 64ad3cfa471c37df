#include "common/disk/directory_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/disk/file.h"

namespace meridian {

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
  if (auto made = make_directory(directory); !made) return made.error();
  const auto path = directory / "lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error(path.string(), std::strerror(errno));
  DirectoryLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return Error(directory.string(), errno == EWOULDBLOCK ? "another process uses this directory"
                                                          : std::strerror(errno));
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace meridian
