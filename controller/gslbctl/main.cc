// gslbctl: the operator's command line for a Meridian fleet.
#include <csignal>
#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "controller/gslbctl/run.h"

int main(int argc, char** argv) {
  using meridian::gslbctl::Terminal;
  std::signal(SIGPIPE, SIG_DFL);  // `gslbctl get | head` ends quietly
  const auto environment = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  const auto no_colour = environment("NO_COLOR");
  Terminal terminal{.in = std::cin,
                    .out = std::cout,
                    .err = std::cerr,
                    .colours = isatty(STDOUT_FILENO) == 1 && (!no_colour || no_colour->empty()),
                    .interactive = isatty(STDIN_FILENO) == 1};
  return meridian::gslbctl::run({argv + 1, argv + argc}, terminal, environment);
}
