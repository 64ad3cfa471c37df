#include "edge-node/policy/vary.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

struct Preference {
  int weight = 0;  // in thousandths
  std::string name;

  bool operator<(const Preference& other) const {
    return weight != other.weight ? weight > other.weight : name < other.name;
  }
};
constexpr int kWhole = 1000;

/// By falling weight, and then by name (RFC 9110 section 12.4.2): what a server can make of them
/// does not depend on more. No value: it is not such a list.
std::optional<std::vector<Preference>> parse_preferences(std::string_view list) {
  std::vector<Preference> members;
  http::ListWords words(list);
  while (const auto word = words.next()) {
    const auto semicolon = word->find(';');
    int weight = kWhole;
    if (semicolon != std::string_view::npos) {
      const auto parameter = http::lower_text(http::trim(word->substr(semicolon + 1)));
      if (!parameter.starts_with("q=")) return std::nullopt;
      weight = 0;
      int unit = kWhole;
      for (const char c : std::string_view(parameter).substr(2)) {
        if (c == '.') continue;
        if (!http::is_digit(c) || unit == 0) return std::nullopt;
        weight += (c - '0') * unit;
        unit /= 10;
      }
    }
    members.push_back({weight, http::lower_text(http::trim(word->substr(0, semicolon)))});
  }
  std::sort(members.begin(), members.end());
  return members;
}

std::string preferences(std::string_view list) {
  const auto members = parse_preferences(list);
  if (!members) return std::string(list);
  std::string result;
  for (const auto& member : *members) {
    result += member.name;
    if (member.weight != kWhole) result += ';' + std::to_string(member.weight);
    result += ',';
  }
  return result;
}

/// What the list likes better than all else. Empty: nothing, or not one alone.
std::string favourite(std::string_view list) {
  auto members = parse_preferences(list);
  if (!members || members->empty() || members->front().weight == 0) return {};
  if (members->size() > 1 && (*members)[1].weight == members->front().weight) return {};
  return std::move(members->front().name);
}

constexpr std::string_view kLanguages = "accept-language";

/// selecting_values() without those of Accept-Language.
std::string but_for_languages(std::string_view values) {
  std::string rest;
  while (!values.empty()) {
    const auto line = values.substr(0, values.find('\n') + 1);
    const auto name = line.substr(0, line.find_first_of(":!"));
    if (name != kLanguages) rest += line;
    values.remove_prefix(line.size());
  }
  return rest;
}

bool is_preferences(std::string_view name) {
  return name == kLanguages || name == "accept-encoding";
}

/// Edges say in them to origins who the visitor is (tell_of_visitor(), continue_trace()), whatever
/// he has sent under these names: what was chosen by them is for him. What edges say in others is
/// the same for all requests of one key, or told to who chooses the variant too.
bool tells_of_visitor(std::string_view name) {
  for (const std::string_view one : {"x-forwarded-for", "forwarded", "traceparent", "tracestate"})
    if (http::same_word(name, one)) return true;
  return false;
}

}  // namespace

Vary parse_vary(const http::Fields& response) {
  Vary vary;
  const std::string list = response.combined("vary");
  http::ListWords words(list);
  while (const auto word = words.next()) {
    if (*word == "*" || tells_of_visitor(*word)) vary.any = true;
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

VariantMatch match_variant(const Vary& vary, std::string_view selected_by,
                           const http::Fields& response, const http::Fields& request) {
  if (vary.any) return VariantMatch::none;
  if (vary.names.empty()) return VariantMatch::exact;
  const auto values = selecting_values(vary, request);
  if (values == selected_by) return VariantMatch::exact;
  if (!std::binary_search(vary.names.begin(), vary.names.end(), kLanguages))
    return VariantMatch::none;
  const auto language = response.combined("content-language");
  if (language.empty() || !http::same_word(language, favourite(request.combined(kLanguages))))
    return VariantMatch::none;
  return but_for_languages(values) == but_for_languages(selected_by) ? VariantMatch::by_language
                                                                     : VariantMatch::none;
}

}  // namespace meridian::edge
