#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace meridian::control {

/// Seals what must lie in the store unreadable (AES-256-GCM). Its key lies beside the CA's, so a
/// copy of the store alone gives nothing away. Const calls may be made from any thread.
class Seal {
 public:
  /// From `secrets-key` in `directory`; made there if there is none.
  static Result<Seal> load_or_create(const std::filesystem::path& directory);
  /// With this key: for tests.
  explicit Seal(const std::array<std::uint8_t, 32>& key) : key_(key) {}

  /// `name` is not hidden, but bound to the secret: what is sealed for one name opens for no other.
  Result<std::string> close(std::string_view name, std::string_view secret) const;
  Result<std::string> open(std::string_view name, std::string_view sealed) const;

  /// Whether load_or_create() would find a key.
  static bool exists(const std::filesystem::path& directory);

 private:
  std::array<std::uint8_t, 32> key_;
};

}  // namespace meridian::control
