#include "edge-node/policy/vary.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

constexpr int kWhole = 1000;
/// Nobody means more of them; a longer list counts by its text, so that none is costly to sort.
constexpr std::size_t kMostPreferences = 64;

constexpr std::string_view kLanguages = "accept-language";

/// RFC 9110 section 12.5.1, without parameters.
bool is_media_range(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto type = text.substr(0, slash);
  const auto subtype = text.substr(std::min(slash + 1, text.size()));
  return http::is_token(type) && http::is_token(subtype) && (type != "*" || subtype == "*");
}

/// RFC 4647 section 2.1.
bool is_language_range(std::string_view text) {
  constexpr std::size_t kMostCharacters = 8;
  if (text == "*") return true;
  for (bool primary = true;; primary = false) {
    const auto end = std::min(text.find('-'), text.size());
    if (end == 0 || end > kMostCharacters) return false;
    for (const char c : text.substr(0, end)) {
      const bool letter = http::lower(c) >= 'a' && http::lower(c) <= 'z';
      if (!letter && (primary || !http::is_digit(c))) return false;
    }
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

/// A field that is a list of preferences by its definition. Of any other field nobody knows what an
/// origin makes of an empty member, or of a second one.
struct ListField {
  std::string_view name;
  bool (*is_member)(std::string_view text);  // but for its weight
  bool is_ordered;  // letter case and the order of members of one weight may count
};
constexpr ListField kListFields[] = {{"accept", is_media_range, true},
                                     {"accept-charset", http::is_token, true},
                                     {"accept-encoding", http::is_token, false},
                                     {kLanguages, is_language_range, false}};

const ListField* list_field(std::string_view name) {
  for (const auto& field : kListFields)
    if (field.name == name) return &field;
  return nullptr;
}

struct Preference {
  int weight = kWhole;  // in thousandths
  std::string name;

  bool operator<(const Preference& other) const {
    return weight != other.weight ? weight > other.weight : name < other.name;
  }
};

/// In thousandths (RFC 9110 section 12.4.2). No value: it is no weight.
std::optional<int> parse_weight(std::string_view text) {
  constexpr std::size_t kMostCharacters = 5;  // "0.123"
  if (text.size() < 3 || http::lower(text[0]) != 'q' || text[1] != '=') return std::nullopt;
  text.remove_prefix(2);
  if (text.size() > kMostCharacters || text[0] < '0' || text[0] > '1') return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * kWhole;
  int unit = kWhole;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!http::is_digit(c)) return std::nullopt;
    weight += (c - '0') * (unit /= 10);
  }
  if (weight > kWhole) return std::nullopt;
  return weight;
}

std::optional<Preference> parse_preference(const ListField& field, std::string_view member) {
  const auto semicolon = member.find(';');
  const auto name = http::trim(member.substr(0, semicolon));
  if (!field.is_member(name)) return std::nullopt;
  Preference preference;
  if (semicolon != std::string_view::npos) {
    const auto weight = parse_weight(http::trim(member.substr(semicolon + 1)));
    if (!weight) return std::nullopt;
    preference.weight = *weight;
  }
  preference.name = field.is_ordered ? std::string(name) : http::lower_text(name);
  return preference;
}

/// Where their order does not count: by falling weight, and then by name. No value: it is not such
/// a list.
std::optional<std::vector<Preference>> parse_preferences(const ListField& field,
                                                         std::string_view list) {
  constexpr std::size_t kUsual = 8;
  std::vector<Preference> members;
  members.reserve(kUsual);
  for (bool last = false; !last;) {
    const auto end = std::min(list.find(','), list.size());
    last = end == list.size();
    auto member = parse_preference(field, http::trim(list.substr(0, end)));
    if (!member || members.size() == kMostPreferences) return std::nullopt;
    members.push_back(std::move(*member));
    if (!last) list.remove_prefix(end + 1);
  }
  if (!field.is_ordered) std::sort(members.begin(), members.end());
  return members;
}

/// False: it is not such a list.
bool append_preferences(std::string& to, const ListField& field, std::string_view list) {
  const auto members = parse_preferences(field, list);
  if (!members) return false;
  to += '~';
  for (const auto& member : *members) {
    to += member.name;
    if (member.weight != kWhole) to += ';' + std::to_string(member.weight);
    to += ',';
  }
  return true;
}

/// The language that the request likes better than all else. Empty: none, or not one alone.
std::string favourite_language(const http::Fields& request) {
  const auto [lines, list] = request.look(kLanguages);
  if (lines != 1) return {};
  auto members = parse_preferences(*list_field(kLanguages), list);
  if (!members || members->front().weight == 0) return {};
  if (members->size() > 1 && (*members)[1].weight == members->front().weight) return {};
  return std::move(members->front().name);
}

std::string_view take_line(std::string_view& lines) {
  const auto line = lines.substr(0, lines.find('\n'));
  lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  return line;
}

/// Of selecting_values() for one Vary.
bool are_same_but_for_languages(const Vary& vary, std::string_view a, std::string_view b) {
  for (const auto& name : vary.names) {
    const auto line_a = take_line(a), line_b = take_line(b);
    if (name != kLanguages && line_a != line_b) return false;
  }
  return a == b;
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

/// What each begins with differs, so that no text can be taken for a list, nor for lines.
void append_selecting_value(std::string& to, std::string_view name, const http::Fields& request) {
  const auto [lines, first] = request.look(name);
  if (lines == 0) {
    to += '!';  // absent and empty differ
  } else if (lines > 1) {
    to += '+';
    request.for_each(name, [&](std::string_view line) {
      line = http::trim(line);
      to += std::to_string(line.size()) + ':';
      to += line;
    });
  } else if (const auto* field = list_field(name);
             !field || !append_preferences(to, *field, first)) {
    to += '=';
    to += http::trim(first);
  }
}

std::string selecting_values(const Vary& vary, const http::Fields& request) {
  std::string values;
  for (const auto& name : vary.names) {
    values += name;
    append_selecting_value(values, name, request);
    values += '\n';
  }
  return values;
}

const std::string& VariantSelector::values(const Vary& vary) {
  const bool known = vary_ && (vary_ == &vary || *vary_ == vary);
  if (!known) values_ = selecting_values(vary, request_);
  vary_ = &vary;
  return values_;
}

VariantMatch VariantSelector::match(const Vary& vary, std::string_view selected_by,
                                    const http::Fields& response) {
  if (vary.any) return VariantMatch::none;
  if (vary.names.empty()) return VariantMatch::exact;
  const std::string& now = values(vary);
  if (now == selected_by) return VariantMatch::exact;
  if (!std::binary_search(vary.names.begin(), vary.names.end(), kLanguages))
    return VariantMatch::none;
  const auto [lines, language] = response.look("content-language");
  if (lines != 1) return VariantMatch::none;
  if (!language_) language_ = favourite_language(request_);
  if (language_->empty() || !http::same_word(http::trim(language), *language_))
    return VariantMatch::none;
  return are_same_but_for_languages(vary, now, selected_by) ? VariantMatch::by_language
                                                            : VariantMatch::none;
}

VariantMatch match_variant(const Vary& vary, std::string_view selected_by,
                           const http::Fields& response, const http::Fields& request) {
  return VariantSelector(request).match(vary, selected_by, response);
}

}  // namespace meridian::edge
