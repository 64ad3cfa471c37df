#include <iterator>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "common/disk/file.h"
#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/prefix_map_file.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

constexpr std::uint64_t kMostBytes = 15 << 20;

struct ImportOptions {
  std::string name;
  std::string file;
  std::string comment;
  bool dry_run = false;
};

Answer<Exit> import(Session& session, const ImportOptions& options) {
  const auto text = read_file(options.file, kMostBytes);
  if (!text) return usage(text.error().text());
  const auto first = text->find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && text->at(first) == '[';
  const auto read = is_json ? read_prefix_map_json(options.name, *text, options.file)
                            : read_prefix_map_csv(options.name, *text, options.file);
  if (!read.errors.empty()) {
    std::string mistakes;
    for (const auto& error : read.errors) mistakes += "\n" + error.text();
    return refused("refused, nothing was changed:" + mistakes);
  }
  v1::ApplyRequest request;
  *request.add_upserts() = read.documents[0].resource;
  request.set_comment(options.comment);
  request.set_dry_run(options.dry_run);
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->apply(request);
  if (!response) return response.error();
  if (!response->violations().empty()) {
    std::string mistakes;
    for (const auto& violation : response->violations())
      mistakes += "\n" + violation_text(violation, read.documents);
    return refused("refused, nothing was changed:" + mistakes);
  }
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
    return Exit::ok;
  }
  for (const auto& change : response->changes())
    out << change_text(change, options.dry_run ? Tense::conditional : Tense::past) << ", "
        << read.documents[0].resource.prefix_map().entries_size() << " prefixes\n";
  if (response->changes().empty()) out << "nothing to change\n";
  out << (options.dry_run ? "dry run: still revision " : "revision ") << response->revision()
      << "\n";
  return Exit::ok;
}

}  // namespace

void add_prefix_map(CLI::App& app, Session& session) {
  auto* group = app.add_subcommand("prefix-map", "Which locations are best for which networks");
  group->require_subcommand(1);
  auto options = std::make_shared<ImportOptions>();
  auto* command = group->add_subcommand(
      "import",
      "Make a PrefixMap of a CSV (PREFIX,LOCATION,...) or JSON file, in place of what it "
      "was");
  command->add_option("NAME", options->name, "The PrefixMap's")->required();
  command->add_option("FILE", options->file, "At most 200,000 prefixes")->required();
  command->add_flag("--dry-run", options->dry_run, "Validate and compare, change nothing");
  command->add_option("--comment", options->comment, "For the history");
  command->callback([&session, options] {
    session.command = [&session, options] { return import(session, *options); };
  });
}

}  // namespace meridian::gslbctl
