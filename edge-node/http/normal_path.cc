#include "edge-node/http/normal_path.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

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

bool has_idle_segments(std::string_view path) {
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1))
    if (is_idle_segment(path, slash + 1)) return true;
  return false;
}

bool has(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

/// All servers take it for what it looks like.
bool has_one_spelling(std::string_view path) {
  return !path.starts_with('/') ||
         (!has(path, '%') && !has(path, '\\') && !has(path, ';') && !has_idle_segments(path));
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

std::string with_slashes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto hidden = hidden_slash(text.substr(i));
    result += hidden > 0 ? '/' : text[i];
    i += std::max<std::size_t>(hidden, 1);
  }
  return result;
}

/// Each segment up to its first `;`; `encoded`: or `%3B`.
std::string without_parameters(std::string_view text, bool encoded) {
  const auto begins = [&](std::string_view rest) {
    return rest.starts_with(';') ||
           (encoded && (rest.starts_with("%3B") || rest.starts_with("%3b")));
  };
  std::string result;
  bool is_inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    is_inside = text[i] != '/' && (is_inside || begins(text.substr(i)));
    if (!is_inside) result += text[i];
  }
  return result;
}

using Parameters = Reading::Parameters;

/// Of servers as there are: those that take parameters away do so before they decode a path, as
/// Tomcat does, or find them in a decoded one.
constexpr Reading kReadings[] = {
    {},
    {.slashes = true},
    {.parameters = Parameters::cut_before_decoding},
    {.slashes = true, .parameters = Parameters::cut_before_decoding},
    {.parameters = Parameters::cut_after_decoding},
    {.slashes = true, .parameters = Parameters::cut_after_decoding},
};
/// Who reads so sees every `.` and `..` that somebody sees.
constexpr const Reading& kWidest = kReadings[std::size(kReadings) - 1];

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

bool leads_about(std::string_view path) {
  return has_dot_segments(as_read(normal_escapes(path), kWidest));
}

void read_in_all_ways(std::string_view path, SpellingMemory& memory) {
  const auto plain = normal_escapes(path);
  memory.raw = path;
  memory.normal = without_idle_segments(plain, ParentSegments::resolved);
  memory.others.clear();
  const auto add = [&](std::string text, const Reading& reading) {
    const bool is_known =
        text == memory.normal || std::any_of(memory.others.begin(), memory.others.end(),
                                             [&](const auto& other) { return other.text == text; });
    if (!is_known) memory.others.push_back({std::move(text), &reading});
  };
  const bool is_ambiguous = as_read(plain, kWidest) != plain;
  for (const auto& reading : std::span(kReadings).first(is_ambiguous ? std::size(kReadings) : 1)) {
    auto text = as_read(plain, reading);
    // Of what is resolved only now: in `/a%2Fb/../c` the dots end `b` only.
    add(without_idle_segments(text, ParentSegments::resolved), reading);
    add(std::move(text), reading);
  }
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
  if (!path.starts_with('/') || (!has(path, '%') && !has_idle_segments(path))) return path;
  memory = without_idle_segments(normal_escapes(path), ParentSegments::resolved);
  return memory;
}

std::string as_read(std::string_view text, const Reading& reading) {
  std::string result(text);
  if (reading.parameters == Parameters::cut_before_decoding)
    result = without_parameters(result, false);
  if (reading.slashes) result = with_slashes(result);
  if (reading.parameters == Parameters::cut_after_decoding)
    result = without_parameters(result, true);
  return result;
}

PathSpellings spellings_of(std::string_view path, SpellingMemory& memory) {
  if (has_one_spelling(path)) return {path, path, {}};
  if (memory.raw != path) read_in_all_ways(path, memory);
  return {path, memory.normal, memory.others};
}

std::string_view path_without_detours(std::string_view path, std::string& memory) {
  if (has_one_spelling(path) || !leads_about(path)) return path;
  const auto normal = normal_path(path, memory);
  if (!leads_about(normal)) return normal;
  memory = without_idle_segments(as_read(normal_escapes(path), kWidest), ParentSegments::resolved);
  return memory;
}

std::string tied_path(std::string path) {
  auto plain = as_read(normal_escapes(path), kWidest);
  if (!has_dot_segments(plain)) return path;
  return without_idle_segments(plain, ParentSegments::left_out);
}

}  // namespace meridian::http
