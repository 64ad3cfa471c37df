#include "controller/model/names.h"

#include <algorithm>

#include "common/net/address.h"

namespace meridian::control {
namespace {

constexpr std::size_t kMostName = 253;
constexpr std::size_t kMostLabel = 63;
constexpr std::size_t kMostQuoted = 100;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || is_upper(c); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

std::optional<std::string> label_problem(std::string_view name, std::string_view label) {
  if (label.empty()) return in_quotes(name) + " has an empty label (a dot too many)";
  if (label.size() > kMostLabel) return in_quotes(name) + " has a label of more than 63 characters";
  if (label.front() == '-' || label.back() == '-')
    return in_quotes(name) + " has a label that begins or ends with '-'";
  for (const char c : label) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '_') continue;
    if (c == '*')
      return in_quotes(name) + ": '*' may only be the whole first label, as in '*.shop.example'";
    if ((c & 0x80) != 0)
      return in_quotes(name) + " has letters outside ASCII; write its A-labels (xn--...)";
    return in_quotes(name) + " has a character that host names do not have; allowed are letters, " +
           "digits, '-', '_' and dots";
  }
  return {};
}

/// What people paste where a host name belongs.
std::optional<std::string> not_even_a_name(std::string_view text) {
  if (text.empty()) return "is empty";
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    const auto rest = text.substr(scheme + 3);
    return in_quotes(text) + " is a URL; did you mean " +
           in_quotes(rest.substr(0, rest.find('/'))) + "?";
  }
  if (text.size() > 1 && text.ends_with('.'))
    return in_quotes(text) + " ends with a dot; did you mean " +
           in_quotes(text.substr(0, text.size() - 1)) + "?";
  if (text.size() > kMostName) return in_quotes(text) + " is longer than 253 characters";
  if (parse_address(text)) return in_quotes(text) + " is an address, not a host name";
  return {};
}

}  // namespace

std::optional<std::string> hostname_problem(std::string_view text, Wildcard wildcard) {
  if (auto problem = not_even_a_name(text)) return problem;
  auto rest = text;
  if (wildcard == Wildcard::allowed && rest.starts_with("*.")) rest.remove_prefix(2);
  while (true) {
    const auto dot = rest.find('.');
    if (auto problem = label_problem(text, rest.substr(0, dot))) return problem;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // One spelling of a name, so that equal names are equal bytes wherever they are compared.
  if (std::any_of(text.begin(), text.end(), is_upper))
    return in_quotes(text) + " is not in lower case; did you mean " + in_quotes(lower(text)) + "?";
  return {};
}

std::optional<std::string> resource_name_problem(std::string_view text) {
  if (text.empty()) return "is missing";
  if (text.size() > kMostName) return in_quotes(text) + " is longer than 253 characters";
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  };
  if (!std::all_of(text.begin(), text.end(), allowed) || text.front() == '-' || text.front() == '.')
    return in_quotes(text) + " is not a name: letters, digits, '-', '_' and '.', not beginning " +
           "with '-' or '.'";
  return {};
}

std::optional<std::string> node_name_problem(std::string_view text) {
  if (text.empty()) return "is missing";
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  if (text.size() > kMostLabel || !std::all_of(text.begin(), text.end(), allowed) ||
      text.front() == '-')
    return in_quotes(text) + " is not a node's name: letters, digits and '-', at most 63, not " +
           "beginning with '-'";
  return {};
}

bool covers(std::string_view pattern, std::string_view hostname) {
  const auto wanted = lower(hostname);
  const auto offered = lower(pattern);
  if (offered == wanted) return true;
  if (!offered.starts_with("*.") || wanted.starts_with("*.")) return false;
  const auto dot = wanted.find('.');
  return dot != std::string::npos && dot != 0 &&
         std::string_view(wanted).substr(dot) == std::string_view(offered).substr(1);
}

std::string in_quotes(std::string_view text) {
  std::string shown = "'";
  for (const char c : text.substr(0, kMostQuoted))
    shown += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  if (text.size() > kMostQuoted) {
    // Not in the middle of a UTF-8 sequence.
    while ((shown.back() & 0xc0) == 0x80) shown.pop_back();
    if ((shown.back() & 0x80) != 0) shown.pop_back();
    shown += "...";
  }
  return shown + "'";
}

}  // namespace meridian::control
