#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"
#include "controller/gslbctl/sources.h"
#include "controller/gslbctl/warnings.h"

namespace meridian::gslbctl {
namespace {

struct ApplyOptions {
  std::vector<std::string> files;
  bool dry_run = false;
  std::string comment;
};

using Documents = std::vector<config::Document>;

/// What documents say, put to the controller; violations become a Failure with file and line.
Answer<v1::ApplyResponse> put(Client& client, const Documents& documents,
                              const ApplyOptions& options) {
  v1::ApplyRequest request;
  for (const auto& document : documents) *request.add_upserts() = document.resource;
  request.set_dry_run(options.dry_run);
  request.set_comment(options.comment);
  auto response = client.apply(request);
  if (!response || response->violations().empty()) return response;
  std::string text = "refused, nothing was changed:";
  for (const auto& violation : response->violations())
    text += "\n" + violation_text(violation, documents);
  return refused(std::move(text));
}

/// What was accepted stands whatever this finds.
void warn(std::ostream& err, Client& client, const Documents& documents,
          const v1::ApplyResponse& applied) {
  for (const auto& warning : service_warnings(documents, applied))
    err << "warning: " << warning << "\n";
  for (const auto& warning : certificate_warnings(documents, WallClock::now()))
    err << "warning: " << warning << "\n";
  if (rules_of(documents).empty()) return;
  const auto sites = client.list(v1::KIND_SITE, "");
  if (!sites) return;
  for (const auto& warning :
       rule_warnings(documents, {sites->resources().begin(), sites->resources().end()}))
    err << "warning: " << warning << "\n";
}

void show(Session& session, const v1::ApplyResponse& response, bool dry_run) {
  auto& out = session.terminal.out;
  if (session.format != Format::table) return write(out, session.format, response);
  for (const auto& change : response.changes())
    out << change_text(change, dry_run ? Tense::conditional : Tense::past) << "\n";
  if (response.changes().empty()) out << "nothing to change\n";
  out << (dry_run ? "dry run: still revision " : "revision ") << response.revision() << "\n";
}

Answer<Exit> apply(Session& session, const ApplyOptions& options) {
  const auto documents = read_sources(options.files, session.terminal.in);
  if (!documents) return documents.error();
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = put(*client, *documents, options);
  if (!response) return response.error();
  show(session, *response, options.dry_run);
  session.terminal.out.flush();
  warn(session.terminal.err, *client, *documents, *response);
  return Exit::ok;
}

/// Scripts must not take a refusal for differences.
Failure undecided(Failure failure) {
  if (failure.exit == Exit::refused) failure.exit = Exit::undecided;
  return failure;
}

Answer<Exit> diff(Session& session, ApplyOptions options) {
  options.dry_run = true;
  const auto documents = read_sources(options.files, session.terminal.in);
  if (!documents) return documents.error();
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = put(*client, *documents, options);
  if (!response) return undecided(response.error());
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
  } else {
    for (const auto& change : response->changes())
      out << change_diff(change, session.terminal.colours);
  }
  return response->changes().empty() ? Exit::ok : Exit::different;
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
      "diff", "Show what apply would change; exit code 0: nothing, 1: something, 5: refused");
  add_files(*command, *options);
  command->callback([&session, options] {
    session.command = [&session, options] { return diff(session, *options); };
  });
}

}  // namespace meridian::gslbctl
