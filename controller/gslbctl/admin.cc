#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/render.h"
#include "controller/gslbctl/session.h"
#include "controller/identity/init.h"

namespace meridian::gslbctl {
namespace {

struct CreateOptions {
  std::string name;
  std::string directory;
  std::string out;
};

Answer<std::filesystem::path> absolute(const std::string& option, const std::string& text) {
  std::error_code failed;
  const auto path = std::filesystem::absolute(text, failed);
  if (failed) return usage(option + ": " + text + ": " + failed.message());
  return plain(path);
}

/// Where the controller is, as far as that is known here. Settings that cannot be read must not
/// keep an operator from new ones.
std::string known_controller(const Session& session) {
  auto flags = session.flags;
  flags.identity = "-";  // only the controller is asked for
  const auto known = resolve_settings(flags, session.environment);
  return known ? known->controller : kDefaultController;
}

/// gslbctl finds the identity here by the settings that are there already.
bool is_in_use(const Session& session, const std::filesystem::path& identity) {
  const auto settings = resolve_settings(session.flags, session.environment);
  std::error_code ignored;
  return settings && std::filesystem::equivalent(settings->identity, identity, ignored);
}

Answer<Exit> create(Session& session, const CreateOptions& options) {
  const auto directory = absolute("--dir", options.directory);
  if (!directory) return directory.error();
  const auto out = options.out.empty() ? control::DataDirectory{*directory}.admin(options.name)
                                       : absolute("--out", options.out);
  if (!out) return out.error();
  const auto made = control::create_admin(*directory, options.name, *out, WallClock::now());
  if (!made) return refused(made.error().text());

  // They name no place, so that all can be taken to another machine. The settings of who makes them
  // (--config) are that person's, and stay as they are.
  const Settings settings{known_controller(session), "."};
  const auto file = save_settings(*out / "gslbctl.yaml", settings);
  if (!file) return file.error();

  auto& text = session.terminal.out;
  text << "Made a key and a certificate for admin/" << options.name << " in " << out->string()
       << ";\nit expires on " << time_text(made->expires().value()) << ".\n";
  if (is_in_use(session, *out))
    text << "gslbctl uses it here from now on.\n";
  else
    text << "To use it: gslbctl --config " << file->string() << "\n"
         << "which names the controller " << settings.controller << ".\n";
  return Exit::ok;
}

}  // namespace

void add_admin(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("admin", "Operators, by the certificates that they have");
  noun->require_subcommand(1);
  auto options = std::make_shared<CreateOptions>();
  auto* command = noun->add_subcommand(
      "create", "Make an administrator's certificate, with the CA in the controller's directory");
  command
      ->add_option("NAME", options->name,
                   "Who it is for: the author of changes in the history is admin/NAME")
      ->required();
  command->add_option("--dir", options->directory, "The controller's data directory")->required();
  command->add_option("--out", options->out,
                      "Where to put it, with settings for gslbctl (default: admin in --dir for "
                      "root, admin-NAME for others)");
  command->callback([&session, options] {
    session.command = [&session, options] { return create(session, *options); };
  });
}

}  // namespace meridian::gslbctl
