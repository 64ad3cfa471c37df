#pragma once

#include <string>
#include <string_view>

namespace meridian::http {

/// What different spellings of one path have in common (RFC 3986 section 6.2.2): what needs no
/// percent-encoding has none, the rest has upper-case digits, `.` and `..` are resolved; of slashes
/// in a row one is left, as most servers take them. `path`, or in `memory`. Pure.
std::string_view normal_path(std::string_view path, std::string& memory);

/// Of that, what concerns percent-encoding; for patterns of paths.
std::string normal_escapes(std::string_view text);

/// `text` has `%2F`, `%5C` or a backslash in it: some servers take them for slashes.
bool hides_slashes(std::string_view text);
/// The same with slashes for them.
std::string with_slashes(std::string_view text);

/// One path as different servers may take it.
struct PathSpellings {
  std::string_view raw;      // as it came
  std::string_view normal;   // normal_path()
  std::string_view slashed;  // the same of a server that takes the path with_slashes()
};
/// Of what they need in memory; each spelling only where it differs from the one before.
struct SpellingMemory {
  std::string normal, slashed;
};
/// They see `path` and `memory`. Pure.
PathSpellings spellings_of(std::string_view path, SpellingMemory& memory);

/// The first spelling without `.` and `..`, however they and the slashes around them are written:
/// what is put in front of it stays in front of it. Pure.
std::string_view path_without_detours(const PathSpellings& path);

/// `path`; if `.` or `..` are in it, however written, without them: they lead nowhere. Pure.
std::string tied_path(std::string path);

}  // namespace meridian::http
