#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace meridian::edge::disk {

/// One file of records, written once from its beginning to its end. It is removed when the last
/// who reads it lets go. Reading: any thread.
class Segment {
 public:
  static Result<std::shared_ptr<Segment>> create(const std::filesystem::path& directory,
                                                 std::uint64_t number);
  static Result<std::shared_ptr<Segment>> open(const std::filesystem::path& file,
                                               std::uint64_t number);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  std::uint64_t number() const { return number_; }
  /// Bytes that are written or reserved.
  std::uint64_t size() const { return size_; }
  /// Behind what is there. An Error leaves it as it was.
  Result<void> append(std::string_view bytes);
  /// Room behind what is there, to be written later; where it begins.
  std::uint64_t reserve(std::uint64_t bytes);
  Result<void> write_at(std::uint64_t offset, std::string_view bytes);
  /// Forgets what is behind `size`. False: it may still lie there.
  bool cut(std::uint64_t size);
  /// Exactly `size` bytes, or an Error.
  Result<std::string> read(std::uint64_t offset, std::uint64_t size) const;
  /// From now on nobody finds it in the directory.
  void remove();

 private:
  Segment(std::filesystem::path file, std::uint64_t number, int fd, std::uint64_t size)
      : file_(std::move(file)), number_(number), fd_(fd), size_(size) {}

  const std::filesystem::path file_;
  const std::uint64_t number_;
  const int fd_;
  std::uint64_t size_;
};
using SegmentPtr = std::shared_ptr<Segment>;

/// "segment-000000000000002a": its number, or nothing.
std::uint64_t segment_number(const std::string& file_name);

}  // namespace meridian::edge::disk
