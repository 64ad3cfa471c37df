#include <algorithm>
#include <charconv>

#include "common/zone/records.h"

namespace meridian::zone {
namespace {

constexpr std::size_t kMostName = 255;  // RFC 1035 section 2.3.4
constexpr std::size_t kMostLabel = 63;
constexpr std::size_t kMostText = 1024;  // every octet of the longest name as \DDD

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// One octet of a label, escapes undone (RFC 1035 section 5.1). `text` begins at it and is
/// shortened by what was read.
Result<char> take_octet(std::string_view& text) {
  const char first = text.front();
  text.remove_prefix(1);
  if (first != '\\') {
    if (static_cast<unsigned char>(first) <= ' ' || first == 0x7f)
      return Error("has a blank or control character in it");
    return first;
  }
  if (text.empty()) return Error("ends in a lone backslash");
  if (!is_digit(text.front())) {
    const char escaped = text.front();
    text.remove_prefix(1);
    return escaped;
  }
  unsigned value = 256;
  if (text.size() >= 3) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + 3, value);
    if (error != std::errc{} || end != text.data() + 3) value = 256;
  }
  if (value > 255) return Error("has a backslash not followed by three digits up to 255");
  text.remove_prefix(3);
  return static_cast<char>(value);
}

struct Labels {
  std::string wire;       // without the root's byte
  bool absolute = false;  // ended with a dot
};

Result<Labels> parse_labels(std::string_view text) {
  if (text.empty()) return Error("is empty");
  if (text.size() > kMostText) return Error("is longer than a name can be");
  Labels labels;
  if (text == ".") {
    labels.absolute = true;
    return labels;
  }
  std::string label;
  while (!text.empty()) {
    if (text.front() == '.') {
      if (label.empty()) return Error("has an empty label (a dot too many)");
      labels.wire += static_cast<char>(label.size());
      labels.wire += label;
      label.clear();
      text.remove_prefix(1);
      labels.absolute = text.empty();
      continue;
    }
    const auto octet = take_octet(text);
    if (!octet) return octet.error();
    label += *octet;
    if (label.size() > kMostLabel) return Error("has a label of more than 63 octets");
  }
  if (!label.empty()) {
    labels.wire += static_cast<char>(label.size());
    labels.wire += label;
  }
  return labels;
}

Error name_error(std::string_view text, const Error& error) {
  const auto shown = text.substr(0, 80);
  return Error("'" + std::string(shown) + (shown.size() < text.size() ? "...'" : "'") + " " +
               error.what);
}

}  // namespace

Result<WireName> parse_name(std::string_view text) {
  auto labels = parse_labels(text);
  if (!labels) return name_error(text, labels.error());
  labels->wire += '\0';
  if (labels->wire.size() > kMostName) return name_error(text, Error("is longer than 255 octets"));
  return std::move(labels->wire);
}

Result<WireName> parse_relative_name(std::string_view text, const WireName& origin) {
  if (text == "@") return origin;
  auto labels = parse_labels(text);
  if (!labels) return name_error(text, labels.error());
  if (labels->absolute)
    labels->wire += '\0';
  else
    labels->wire += origin;
  if (labels->wire.size() > kMostName)
    return name_error(text, Error("below '" + name_text(origin) + "' is longer than 255 octets"));
  return std::move(labels->wire);
}

std::string name_text(const WireName& name) {
  std::string text;
  for (std::size_t at = 0; at < name.size() && name[at] != 0;) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(name[at]));
    for (const char c : std::string_view(name).substr(at + 1, length)) {
      const auto octet = static_cast<unsigned char>(c);
      if (octet <= ' ' || octet >= 0x7f) {
        text += '\\';
        for (const int unit : {100, 10, 1}) text += static_cast<char>('0' + octet / unit % 10);
      } else {
        if (std::string_view(".\\\"();@$").find(c) != std::string_view::npos) text += '\\';
        text += c;
      }
    }
    text += '.';
    at += length + 1;
  }
  return text.empty() ? "." : text;
}

WireName lower(WireName name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return lower(c); });
  return name;
}

bool is_within(const WireName& name, const WireName& ancestor) {
  if (ancestor.empty() || name.size() < ancestor.size()) return false;
  const auto start = name.size() - ancestor.size();
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  if (!std::equal(ancestor.begin(), ancestor.end(),
                  name.begin() + static_cast<std::ptrdiff_t>(start), same))
    return false;
  std::size_t at = 0;  // the common end must begin where a label does
  while (at < start) at += static_cast<unsigned char>(name[at]) + std::size_t{1};
  return at == start;
}

}  // namespace meridian::zone
