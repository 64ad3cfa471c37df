#include <cctype>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

/// "location node zone ...", as commands take them: KIND_ORIGIN_POOL is `origin-pool`.
std::string kinds() {
  constexpr std::string_view kPrefix = "KIND_";
  std::string all;
  const auto& type = *v1::Kind_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == v1::KIND_UNSPECIFIED) continue;
    if (!all.empty()) all += ' ';
    for (const char c : type.value(i)->name().substr(kPrefix.size()))
      all += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return all;
}

/// Options whose next word is a file or a directory.
bool takes_path(const CLI::Option& option) {
  static const std::set<std::string> kPaths{"file", "dir", "out", "identity", "config"};
  const auto& names = option.get_lnames();
  return !names.empty() && kPaths.contains(names.front());
}

std::string names_of(const CLI::Option& option, const char* between) {
  std::string text;
  for (const auto& name : option.get_lnames())
    text += (text.empty() ? "--" : between + std::string("--")) + name;
  for (const auto& name : option.get_snames())
    text += (text.empty() ? "-" : between + std::string("-")) + name;
  return text;
}

/// What may follow the command `path` ("node wait"): its own commands, or its options.
void write_case(const CLI::App& command, const std::string& path, std::string& out) {
  std::string words;
  const auto children = command.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* child : children) words += (words.empty() ? "" : " ") + child->get_name();
  for (const auto* option : command.get_options())
    if (option->nonpositional()) words += (words.empty() ? "" : " ") + names_of(*option, " ");
  if (path == "get" || path == "describe" || path == "delete") words += " " + kinds();
  if (path == "completion") words += " bash zsh";
  out += "    '" + path + "') words='" + words + "' ;;\n";
  for (const auto* child : children)
    write_case(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), out);
}

/// All commands that have commands of their own, so that "node" is known to be part of a path.
void collect(const CLI::App& command, const std::string& path, std::string& known,
             std::string& valued, std::string& paths) {
  for (const auto* option : command.get_options()) {
    if (!option->nonpositional() || option->get_items_expected_max() == 0) continue;
    auto& list = takes_path(*option) ? paths : valued;
    list += (list.empty() ? "" : "|") + names_of(*option, "|");
  }
  for (const auto* child : command.get_subcommands([](const CLI::App*) { return true; })) {
    const auto inner = path.empty() ? child->get_name() : path + " " + child->get_name();
    known += (known.empty() ? "'" : "|'") + inner + "'";
    collect(*child, inner, known, valued, paths);
  }
}

/// Walks the words before the cursor along the commands, then offers what may follow.
std::string bash_script(const CLI::App& app) {
  std::string known;
  std::string valued;
  std::string paths;
  collect(app, "", known, valued, paths);
  std::string cases;
  write_case(app, "", cases);
  std::string globals;
  for (const auto* option : app.get_options()) globals += " " + names_of(*option, " ");
  return "# gslbctl completion for bash; in zsh after `autoload -U bashcompinit && bashcompinit`.\n"
         "_gslbctl() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local path='' words='' next i\n"
         "  COMPREPLY=()\n"
         "  case $previous in\n"
         "    -o|--output) COMPREPLY=($(compgen -W 'table json yaml' -- \"$current\")); return ;;\n"
         "    --role) COMPREPLY=($(compgen -W 'edge dns' -- \"$current\")); return ;;\n"
         "    " +
         paths +
         ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
         "    " +
         valued +
         ") return ;;\n"
         "  esac\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    next=${path:+$path }${COMP_WORDS[i]}\n"
         "    case $next in\n"
         "      " +
         known +
         ") path=$next ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words" +
         globals +
         "\" -- \"$current\"))\n"
         "}\n"
         "complete -F _gslbctl gslbctl\n";
}

Answer<Exit> completion(Session& session, const CLI::App& app, const std::string& shell) {
  if (shell != "bash" && shell != "zsh")
    return usage("completion is for bash or zsh, not '" + shell + "'");
  if (shell == "zsh")
    session.terminal.out << "#compdef gslbctl\nautoload -U +X bashcompinit && bashcompinit\n";
  session.terminal.out << bash_script(app);
  return Exit::ok;
}

}  // namespace

void add_completion(CLI::App& app, Session& session) {
  auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand(
      "completion", "Print a completion script: source <(gslbctl completion bash)");
  command->add_option("SHELL", *shell, "bash or zsh")->required();
  command->callback([&session, &app, shell] {
    session.command = [&session, &app, shell] { return completion(session, app, *shell); };
  });
}

}  // namespace meridian::gslbctl
