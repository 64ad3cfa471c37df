#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace meridian {

/// Decides when files are to be read: when they have come to rest as something else than what is
/// in use, and not again what was refused unless somebody asks. Pure.
class FileSettling {
 public:
  /// `in_use`: the signature of what is.
  explicit FileSettling(std::string in_use) : in_use_(std::move(in_use)) {}

  enum class Asked : std::uint8_t { nobody, somebody };
  /// `seen`: the signature of the files now. True: read them.
  bool should_read(const std::string& seen, Asked asked);
  void took(const std::string& signature);
  void refused(const std::string& signature) { refused_ = signature; }

 private:
  std::string in_use_;
  std::string last_seen_;
  std::string refused_;
};

}  // namespace meridian
