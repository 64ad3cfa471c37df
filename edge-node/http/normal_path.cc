#include "edge-node/http/normal_path.h"

#include <algorithm>

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

std::string without_idle_segments(std::string_view path) {
  std::string result;
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto segment = path.substr(begin, end - begin);
    const bool last = end == path.size();
    begin = end + 1;
    if (segment == "..") result.erase(std::min(result.rfind('/'), result.size()));
    const bool idle = segment == "." || segment == ".." || segment.empty();
    if (!idle) result.append(1, '/').append(segment);
    if (idle && last) result += '/';
  }
  return result;
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
    if (is_unreserved(c))
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
  memory = without_idle_segments(normal_escapes(path));
  return memory;
}

}  // namespace meridian::http
