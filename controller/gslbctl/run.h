#pragma once

#include <string>
#include <vector>

#include "controller/gslbctl/settings.h"
#include "controller/gslbctl/terminal.h"

namespace meridian::gslbctl {

/// gslbctl with these arguments (without the program's name). The exit code: see Exit.
int run(std::vector<std::string> arguments, Terminal& terminal, const Environment& environment);

}  // namespace meridian::gslbctl
