#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace meridian::gslbctl {

/// Where a command reads and writes, and what it knows of the person there.
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool colours = false;      // out is a terminal, and NO_COLOR is not set
  bool interactive = false;  // in is a terminal: a person types
};

enum class Tone { normal, good, bad, doubtful, faint };

/// `text` in the colour of its tone, where colours are wanted.
std::string painted(std::string_view text, Tone tone, bool colours);

}  // namespace meridian::gslbctl
