#include "edge-node/policy/vary.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// The members of a list of preferences by falling weight, and then by name (RFC 9110 section
/// 12.4.2): what a server can make of them does not depend on more.
std::string preferences(std::string_view list) {
  constexpr int kWhole = 1000;
  std::vector<std::pair<int, std::string>> members;  // minus weight, name
  http::ListWords words(list);
  while (const auto word = words.next()) {
    const auto semicolon = word->find(';');
    int weight = kWhole;
    if (semicolon != std::string_view::npos) {
      const auto parameter = http::lower_text(http::trim(word->substr(semicolon + 1)));
      if (!parameter.starts_with("q=")) return std::string(list);  // not such a list
      weight = 0;
      int unit = kWhole;
      for (const char c : std::string_view(parameter).substr(2)) {
        if (c == '.') continue;
        if (!http::is_digit(c) || unit == 0) return std::string(list);
        weight += (c - '0') * unit;
        unit /= 10;
      }
    }
    members.emplace_back(-weight, http::lower_text(http::trim(word->substr(0, semicolon))));
  }
  std::sort(members.begin(), members.end());
  std::string result;
  for (const auto& [weight, name] : members) {
    result += name;
    if (-weight != kWhole) result += ';' + std::to_string(-weight);
    result += ',';
  }
  return result;
}

bool is_preferences(std::string_view name) {
  return name == "accept-language" || name == "accept-encoding";
}

}  // namespace

Vary parse_vary(const http::Fields& response) {
  Vary vary;
  const std::string list = response.combined("vary");
  http::ListWords words(list);
  while (const auto word = words.next()) {
    if (*word == "*") vary.any = true;
    vary.names.push_back(http::lower_text(*word));
  }
  std::sort(vary.names.begin(), vary.names.end());
  vary.names.erase(std::unique(vary.names.begin(), vary.names.end()), vary.names.end());
  return vary;
}

std::string selecting_values(const Vary& vary, const http::Fields& request) {
  std::string values;
  for (const auto& name : vary.names) {
    values += name;
    values += request.has(name) ? ':' : '!';  // absent and empty differ
    const std::string list = request.combined(name);
    if (is_preferences(name)) {
      values += preferences(list);
      values += '\n';
      continue;
    }
    http::ListWords words(list);
    while (const auto word = words.next()) {
      values += *word;
      values += ',';
    }
    values += '\n';
  }
  return values;
}

}  // namespace meridian::edge
