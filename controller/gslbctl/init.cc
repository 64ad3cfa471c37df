#include "controller/identity/init.h"

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct InitOptions {
  std::string directory;
  std::string trust_domain = "meridian";
};

Answer<Exit> init(Session& session, const InitOptions& options) {
  std::error_code failed;
  const auto directory = std::filesystem::absolute(options.directory, failed).lexically_normal();
  if (failed) return usage("--dir: " + options.directory + ": " + failed.message());
  // Settings that cannot be read would come to light only after the directory is made.
  const auto place = settings_file(session.flags, session.environment);
  if (!place) return place.error();
  const auto made = control::initialise(directory, options.trust_domain, WallClock::now());
  if (!made) return refused(made.error().text());

  Settings settings{session.flags.controller, control::DataDirectory{directory}.admin()};
  if (settings.controller.empty()) settings.controller = kDefaultController;
  const auto saved = save_settings(*place, settings);
  if (!saved) return saved.error();

  const bool standard = settings.controller == kDefaultController;
  session.terminal.out << "Made the controller's directory " << directory.string() << ": a CA for '"
                       << options.trust_domain << "', the controller's\n"
                       << "certificate, and yours in " << settings.identity << ".\n"
                       << "gslbctl will use it: " << saved->string() << "\n\n"
                       << "Next, start the controller:\n"
                       << "  controller --dir " << directory.string()
                       << (standard ? "" : " --listen " + settings.controller) << "\n";
  return Exit::ok;
}

}  // namespace

void add_init(CLI::App& app, Session& session) {
  auto options = std::make_shared<InitOptions>();
  auto* command = app.add_subcommand(
      "init", "Make a controller's directory and an administrator's certificate");
  command->add_option("--dir", options->directory, "The controller's data directory")->required();
  command
      ->add_option("--trust-domain", options->trust_domain, "Names this fleet in its certificates")
      ->capture_default_str();
  command->callback([&session, options] {
    session.command = [&session, options] { return init(session, *options); };
  });
}

}  // namespace meridian::gslbctl
