#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "controller/gslbctl/outcome.h"

namespace meridian::gslbctl {

inline constexpr const char* kDefaultController = "127.0.0.1:7443";

/// Which controller, and as whom: what the flags, the environment or the settings file say.
struct Settings {
  std::string controller;  // HOST:PORT
  std::string identity;    // a directory with chain.pem, key.pem, ca.pem
};

/// What the global flags say; empty: not given.
struct SettingsFlags {
  std::string controller{};
  std::string identity{};
  std::string config{};
};

/// Looks up an environment variable.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Without `.`, `..` and a slash at the end: "dir/." is "dir".
std::filesystem::path plain(const std::filesystem::path& path);

/// --config, or MERIDIAN_GSLBCTL_CONFIG, or meridian/gslbctl.yaml in the user's settings.
Answer<std::filesystem::path> settings_file(const SettingsFlags& flags,
                                            const Environment& environment);

/// Each from its flag, else from MERIDIAN_CONTROLLER and MERIDIAN_IDENTITY, else from the file.
/// An identity that the file names by a relative path lies relative to the file. A file that must
/// be read and is damaged is a Failure that names line and key.
Answer<Settings> resolve_settings(const SettingsFlags& flags, const Environment& environment);

/// Notes in `file` where the controller is, and who the operator is. Returns `file`.
Answer<std::filesystem::path> save_settings(const std::filesystem::path& file,
                                            const Settings& settings);

/// The settings file's text, and back. `file` names it in errors.
std::string settings_text(const Settings& settings);
Answer<Settings> parse_settings(std::string_view text, const std::string& file);

}  // namespace meridian::gslbctl
