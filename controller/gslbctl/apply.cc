#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"
#include "controller/gslbctl/sources.h"

namespace meridian::gslbctl {
namespace {

struct ApplyOptions {
  std::vector<std::string> files;
  bool dry_run = false;
  std::string comment;
};

/// What the files say, put to the controller; violations become a Failure with file and line.
Answer<v1::ApplyResponse> put(Session& session, const ApplyOptions& options) {
  const auto documents = read_sources(options.files, session.terminal.in);
  if (!documents) return documents.error();
  v1::ApplyRequest request;
  for (const auto& document : *documents) *request.add_upserts() = document.resource;
  request.set_dry_run(options.dry_run);
  request.set_comment(options.comment);

  auto client = session.connect();
  if (!client) return client.error();
  auto response = client->apply(request);
  if (!response || response->violations().empty()) return response;
  std::string text = "refused, nothing was changed:";
  for (const auto& violation : response->violations())
    text += "\n" + violation_text(violation, *documents);
  return refused(std::move(text));
}

Answer<Exit> apply(Session& session, const ApplyOptions& options) {
  const auto response = put(session, options);
  if (!response) return response.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
    return Exit::ok;
  }
  for (const auto& change : response->changes())
    out << change_text(change, options.dry_run ? Tense::conditional : Tense::past) << "\n";
  if (response->changes().empty()) out << "nothing to change\n";
  out << (options.dry_run ? "dry run: still revision " : "revision ") << response->revision()
      << "\n";
  return Exit::ok;
}

Answer<Exit> diff(Session& session, ApplyOptions options) {
  options.dry_run = true;
  const auto response = put(session, options);
  if (!response) return response.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
  } else {
    for (const auto& change : response->changes())
      out << change_diff(change, session.terminal.colours);
  }
  return response->changes().empty() ? Exit::ok : Exit::refused;
}

void add_files(CLI::App& command, ApplyOptions& options) {
  command
      .add_option("-f,--file", options.files,
                  "YAML or JSON documents: a file, the files of a directory, or - for standard "
                  "input; may be repeated")
      ->required();
}

}  // namespace

void add_apply(CLI::App& app, Session& session) {
  auto options = std::make_shared<ApplyOptions>();
  auto* command = app.add_subcommand(
      "apply",
      "Create or replace what documents declare, as one change, accepted or refused whole");
  add_files(*command, *options);
  command->add_flag("--dry-run", options->dry_run, "Validate and compare, change nothing");
  command->add_option("--comment", options->comment, "For the history");
  command->callback([&session, options] {
    session.command = [&session, options] { return apply(session, *options); };
  });
}

void add_diff(CLI::App& app, Session& session) {
  auto options = std::make_shared<ApplyOptions>();
  auto* command = app.add_subcommand(
      "diff", "Show what apply would change; exit code 0: nothing, 1: something");
  add_files(*command, *options);
  command->callback([&session, options] {
    session.command = [&session, options] { return diff(session, *options); };
  });
}

}  // namespace meridian::gslbctl
