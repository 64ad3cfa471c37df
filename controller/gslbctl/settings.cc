#include "controller/gslbctl/settings.h"

#include <array>

#include "common/base/nearest.h"
#include "common/config/tree.h"
#include "common/disk/file.h"

namespace meridian::gslbctl {
namespace {

constexpr std::uint64_t kMostBytes = 65'536;

std::string first_of(const std::string& flag, const std::optional<std::string>& variable,
                     const std::string& setting) {
  if (!flag.empty()) return flag;
  return variable && !variable->empty() ? *variable : setting;
}

}  // namespace

std::filesystem::path plain(const std::filesystem::path& path) {
  const auto normal = path.lexically_normal();
  return normal.has_filename() || !normal.has_relative_path() ? normal : normal.parent_path();
}

Answer<std::filesystem::path> settings_file(const SettingsFlags& flags,
                                            const Environment& environment) {
  if (!flags.config.empty()) return std::filesystem::path(flags.config);
  const auto named = environment("MERIDIAN_GSLBCTL_CONFIG");
  if (named && !named->empty()) return std::filesystem::path(*named);
  const auto settings = environment("XDG_CONFIG_HOME");
  if (settings && !settings->empty())
    return std::filesystem::path(*settings) / "meridian" / "gslbctl.yaml";
  const auto home = environment("HOME");
  if (home && !home->empty())
    return std::filesystem::path(*home) / ".config" / "meridian" / "gslbctl.yaml";
  return usage("there is no place for settings: HOME is not set", "name a file with --config");
}

Answer<Settings> resolve_settings(const SettingsFlags& flags, const Environment& environment) {
  const auto controller = environment("MERIDIAN_CONTROLLER");
  const auto identity = environment("MERIDIAN_IDENTITY");
  Settings settings{first_of(flags.controller, controller, ""),
                    first_of(flags.identity, identity, "")};
  if (!settings.controller.empty() && !settings.identity.empty()) return settings;

  const auto file = settings_file(flags, environment);
  if (!file) return file.error();
  std::error_code ignored;
  if (!std::filesystem::exists(*file, ignored)) {
    if (settings.identity.empty())
      return usage("no controller is set up for gslbctl: there is no " + file->string(),
                   "run `gslbctl init --dir DIR` where the controller will run, or give "
                   "--controller HOST:PORT and --identity DIR");
    settings.controller = kDefaultController;
    return settings;
  }
  const auto text = read_file(*file, kMostBytes);
  if (!text) return usage(text.error().text());
  const auto stored = parse_settings(*text, file->string());
  if (!stored) return stored.error();
  if (settings.controller.empty()) settings.controller = stored->controller;
  if (settings.identity.empty() && !stored->identity.empty())
    settings.identity = plain(file->parent_path() / stored->identity).string();
  if (settings.controller.empty()) settings.controller = kDefaultController;
  if (settings.identity.empty())
    return usage(file->string() + " names no identity",
                 "add a line `identity: DIR` (chain.pem, key.pem, ca.pem), or give --identity");
  return settings;
}

Answer<std::filesystem::path> save_settings(const std::filesystem::path& file,
                                            const Settings& settings) {
  const auto parent = file.parent_path();
  std::error_code ignored;
  if (!parent.empty() && !std::filesystem::exists(parent, ignored))
    if (const auto made = make_directory(parent); !made) return usage(made.error().text());
  if (const auto written = write_file_atomically(file, settings_text(settings), 0600); !written)
    return usage(written.error().text());
  return file;
}

std::string settings_text(const Settings& settings) {
  auto tree = config::Tree::map();
  tree.add("controller", config::Tree::string(settings.controller));
  tree.add("identity", config::Tree::string(settings.identity));
  return "# Which controller gslbctl speaks to, and the certificate that it shows there.\n" +
         config::write_yaml(tree);
}

Answer<Settings> parse_settings(std::string_view text, const std::string& file) {
  const auto trees = config::read_yaml(text);
  if (!trees.errors.empty()) {
    const auto& error = trees.errors.front();
    return usage(file + ":" + error.where + ": " + error.what);
  }
  Settings settings;
  if (trees.documents.empty()) return settings;
  const auto& tree = trees.documents.front();
  if (tree.type != config::Tree::Type::map || trees.documents.size() > 1)
    return usage(file + ": expected one map with controller and identity");
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    const auto& key = tree.keys[i].text;
    const auto place = file + ":" + std::to_string(tree.keys[i].line) + ": " + key + ": ";
    if (key != "controller" && key != "identity") {
      constexpr std::array<std::string_view, 2> kKeys{"controller", "identity"};
      return usage(place + "is no setting" + did_you_mean(key, kKeys));
    }
    if (!tree.items[i].is_scalar()) return usage(place + "expected text");
    (key == "controller" ? settings.controller : settings.identity) = tree.items[i].text;
  }
  return settings;
}

}  // namespace meridian::gslbctl
