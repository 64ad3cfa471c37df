#include "edge-node/disk/segment.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace meridian::edge::disk {
namespace {

constexpr std::string_view kPrefix = "segment-";

Error system_error(const std::filesystem::path& file, std::string_view what) {
  return Error(file.string(), fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

Result<std::shared_ptr<Segment>> Segment::create(const std::filesystem::path& directory,
                                                 std::uint64_t number) {
  const auto file = directory / fmt::format("{}{:016x}", kPrefix, number);
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(file, "cannot be made");
  return std::shared_ptr<Segment>(new Segment(file, number, fd, 0));
}

Result<std::shared_ptr<Segment>> Segment::open(const std::filesystem::path& file,
                                               std::uint64_t number) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return system_error(file, "cannot be opened");
  struct stat about {};
  const bool known = ::fstat(fd, &about) == 0;
  std::shared_ptr<Segment> segment(
      new Segment(file, number, fd, known ? static_cast<std::uint64_t>(about.st_size) : 0));
  if (!known) return system_error(file, "cannot be looked at");
  return segment;
}

Segment::~Segment() { ::close(fd_); }

Result<void> Segment::write_at(std::uint64_t offset, std::string_view bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto wrote =
        ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return system_error(file_, "cannot be written");
    done += static_cast<std::size_t>(wrote);
  }
  return boost::system::in_place_value;
}

Result<void> Segment::append(std::string_view bytes) {
  const auto written = write_at(size_, bytes);
  if (written) size_ += bytes.size();
  return written;
}

std::uint64_t Segment::reserve(std::uint64_t bytes) { return std::exchange(size_, size_ + bytes); }

bool Segment::cut(std::uint64_t size) {
  size_ = size;
  return ::ftruncate(fd_, static_cast<off_t>(size)) == 0;
}

Result<std::string> Segment::read(std::uint64_t offset, std::uint64_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const auto got =
        ::pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(file_, "cannot be read");
    if (got == 0) return Error(file_.string(), "ends too early");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void Segment::remove() { ::unlink(file_.c_str()); }

std::uint64_t segment_number(const std::string& file_name) {
  if (!file_name.starts_with(kPrefix) || file_name.size() != kPrefix.size() + 16) return 0;
  std::uint64_t number = 0;
  const auto* end = file_name.data() + file_name.size();
  const auto [stop, error] = std::from_chars(file_name.data() + kPrefix.size(), end, number, 16);
  return error == std::errc{} && stop == end ? number : 0;
}

}  // namespace meridian::edge::disk
