#include "common/disk/file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace meridian {
namespace {

Error failed(const std::filesystem::path& path, std::string_view what) {
  return Error(path.string(), std::string(what) + ": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(path, "cannot write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return failed(path, "cannot sync");
  return {};
}

}  // namespace

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   unsigned mode) {
  auto temporary = path;
  temporary += ".new";
  ::unlink(temporary.c_str());  // a rest of an earlier crash may have another mode
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.get() < 0) return failed(temporary, "cannot create");
    if (auto written = write_all(file.get(), bytes, temporary); !written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(path, "cannot replace");
  const Descriptor directory(::open(path.parent_path().empty() ? "." : path.parent_path().c_str(),
                                    O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return failed(path.parent_path(), "cannot sync the directory");
  return {};
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t most_bytes) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return failed(path, "cannot open");
  const auto size = file.tellg();
  if (size < 0) return Error(path.string(), "is not a regular file");
  if (static_cast<std::uint64_t>(size) > most_bytes)
    return Error(path.string(), "is larger than " + std::to_string(most_bytes) + " bytes");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(bytes.data(), size)) return failed(path, "cannot read");
  return bytes;
}

Result<void> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  if (!path.parent_path().empty()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return Error(path.string(), "cannot create: " + error.message());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return failed(path, "cannot create the directory");
  return {};
}

}  // namespace meridian
