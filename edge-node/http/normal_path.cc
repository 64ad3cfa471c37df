#include "edge-node/http/normal_path.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "edge-node/http/hex.h"
#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

bool is_unreserved(char c) {
  const char l = lower(c);
  return is_digit(c) || (l >= 'a' && l <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

/// The segment at `begin` is `.`, `..`, or empty with more behind it.
bool is_idle_segment(std::string_view path, std::size_t begin) {
  const auto end = std::min(path.find('/', begin), path.size());
  const auto segment = path.substr(begin, end - begin);
  return segment == "." || segment == ".." || (segment.empty() && end < path.size());
}

bool is_normal(std::string_view path) {
  if (path.find('%') != std::string_view::npos) return false;
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1))
    if (is_idle_segment(path, slash + 1)) return false;
  return true;
}

enum class ParentSegments : std::uint8_t { resolved, left_out };

std::string without_idle_segments(std::string_view path, ParentSegments parents) {
  std::string result;
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto segment = path.substr(begin, end - begin);
    const bool last = end == path.size();
    begin = end + 1;
    if (segment == ".." && parents == ParentSegments::resolved)
      result.erase(std::min(result.rfind('/'), result.size()));
    const bool idle = segment == "." || segment == ".." || segment.empty();
    if (!idle) result.append(1, '/').append(segment);
    if (idle && last) result += '/';
  }
  return result;
}

/// A digit that is made plain behind `text` and completes `%` or `%4`, which stand for nothing,
/// would make them stand for something: `%2%46` is not `%2F`.
bool completes_escape(std::string_view text, char c) {
  if (hex_value(c) < 0 || text.empty()) return false;
  if (text.back() == '%') return true;
  return text.size() >= 2 && text[text.size() - 2] == '%' && hex_value(text.back()) >= 0;
}

/// How long what stands for a slash at the beginning of `text` is; 0: nothing does.
std::size_t hidden_slash(std::string_view text) {
  if (text.starts_with('\\')) return 1;
  const bool is_escape = text.starts_with("%2F") || text.starts_with("%2f") ||
                         text.starts_with("%5C") || text.starts_with("%5c");
  return is_escape ? 3 : 0;
}

/// `.` or `..` between slashes.
bool has_dot_segments(std::string_view path) {
  for (auto slash = path.find("/."); slash != std::string_view::npos;
       slash = path.find("/.", slash + 1)) {
    const auto end = std::min(path.find('/', slash + 1), path.size());
    const auto segment = path.substr(slash + 1, end - slash - 1);
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

}  // namespace

std::string normal_escapes(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      result += text[i];
      continue;
    }
    const auto c = static_cast<char>(high << 4 | low);
    if (is_unreserved(c) && !completes_escape(result, c))
      result += c;
    else
      result.append(1, '%')
          .append(1, kDigits[static_cast<std::size_t>(high)])
          .append(1, kDigits[static_cast<std::size_t>(low)]);
    i += 2;
  }
  return result;
}

std::string_view normal_path(std::string_view path, std::string& memory) {
  if (!path.starts_with('/') || is_normal(path)) return path;
  memory = without_idle_segments(normal_escapes(path), ParentSegments::resolved);
  return memory;
}

bool hides_slashes(std::string_view text) {
  if (text.find('\\') != std::string_view::npos) return true;
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1))
    if (hidden_slash(text.substr(at)) > 0) return true;
  return false;
}

std::string with_slashes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto hidden = hidden_slash(text.substr(i));
    result += hidden > 0 ? '/' : text[i];
    i += std::max<std::size_t>(hidden, 1);
  }
  return result;
}

PathSpellings spellings_of(std::string_view path, SpellingMemory& memory) {
  const auto normal = normal_path(path, memory.normal);
  if (!path.starts_with('/') || !hides_slashes(path)) return {path, normal, normal};
  // Not of the normal form: in `/a%2Fb/../c` the dots end `b` only.
  memory.slashed =
      without_idle_segments(with_slashes(normal_escapes(path)), ParentSegments::resolved);
  return {path, normal, memory.slashed};
}

std::string_view path_without_detours(const PathSpellings& path) {
  const auto leads_about = [](std::string_view text) {
    return has_dot_segments(with_slashes(normal_escapes(text)));
  };
  if (!leads_about(path.raw)) return path.raw;
  return leads_about(path.normal) ? path.slashed : path.normal;
}

std::string tied_path(std::string path) {
  auto plain = with_slashes(normal_escapes(path));
  if (!has_dot_segments(plain)) return path;
  return without_idle_segments(plain, ParentSegments::left_out);
}

}  // namespace meridian::http
