#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::http {

/// What different spellings of one path have in common (RFC 3986 section 6.2.2): what needs no
/// percent-encoding has none, the rest has upper-case digits, `.` and `..` are resolved; of slashes
/// in a row one is left, as most servers take them. `path`, or in `memory`. Pure.
std::string_view normal_path(std::string_view path, std::string& memory);

/// Of that, what concerns percent-encoding; for patterns of paths.
std::string normal_escapes(std::string_view text);

/// What a server may make of a path beside decoding it.
struct Reading {
  /// What follows a `;` in a segment, such as `;jsessionid=1`, which some servers leave out.
  enum class Parameters : std::uint8_t {
    kept,
    cut_before_decoding,  // `%3B` is none
    cut_after_decoding,   // `%3B` is one, as is what follows a slash below
  };
  bool slashes = false;  // `%2F`, `%5C` and `\` are such, too
  Parameters parameters = Parameters::kept;
};

/// `text`, a path or a pattern of paths with normal_escapes(), in that reading; dots stay. Pure.
std::string as_read(std::string_view text, const Reading& reading);

/// A further spelling of a path.
struct PathSpelling {
  std::string text;
  const Reading* reading;  // that it comes of
};

/// One path as different servers may take it.
struct PathSpellings {
  std::string_view raw;     // as it came
  std::string_view normal;  // normal_path()
  /// With normal_escapes(), in each reading, with `.`, `..` and slashes resolved and not; none is
  /// like another or `normal`. Empty for most paths.
  std::span<const PathSpelling> others;
};
/// Of what they need in memory.
struct SpellingMemory {
  std::string raw;  // whose spellings these are
  std::string normal;
  std::vector<PathSpelling> others;
};
/// They see `path` and `memory`. What `memory` has of the same path is used again. Pure.
PathSpellings spellings_of(std::string_view path, SpellingMemory& memory);

/// The first of `path`, its normal form and what is left of it in the widest reading that is
/// without `.` and `..`, however they and the slashes around them are written: what is put in front
/// of it stays in front of it. `path`, or in `memory`. Pure.
std::string_view path_without_detours(std::string_view path, std::string& memory);

/// `path`; if `.` or `..` are in it, however written, without them: they lead nowhere. Pure.
std::string tied_path(std::string path);

}  // namespace meridian::http
