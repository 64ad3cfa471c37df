#include "controller/gslbctl/changes.h"

#include <algorithm>

#include "controller/gslbctl/line_diff.h"

namespace meridian::gslbctl {
namespace {

constexpr std::size_t kContext = 3;

std::string_view action_text(v1::Change::Action action, Tense tense) {
  const bool past = tense == Tense::past;
  switch (action) {
    case v1::Change::ACTION_CREATED:
      return past ? "created" : "would create";
    case v1::Change::ACTION_UPDATED:
      return past ? "updated" : "would update";
    case v1::Change::ACTION_DELETED:
      return past ? "deleted" : "would delete";
    default:
      return past ? "changed" : "would change";
  }
}

Tone tone_of(char mark) {
  return mark == '+' ? Tone::good : mark == '-' ? Tone::bad : Tone::normal;
}

/// Marked lines and those near one.
std::vector<bool> lines_to_show(const std::vector<DiffLine>& lines) {
  std::vector<bool> shown(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const auto first = i - std::min(i, kContext);
    const auto last = std::min(lines.size() - 1, i + kContext);
    for (auto j = first; j <= last; ++j) shown[j] = true;
  }
  return shown;
}

}  // namespace

std::string key_text(const v1::ResourceKey& key) {
  return std::string(config::kind_text(key.kind())) + " " + key.name();
}

std::string violation_text(const v1::Violation& violation) {
  auto text = key_text(violation.resource()) + ": ";
  if (!violation.field().empty()) text += violation.field() + ": ";
  return text + violation.reason();
}

std::string violation_text(const v1::Violation& violation,
                           const std::vector<config::Document>& documents) {
  const auto& key = violation.resource();
  const auto stood = std::find_if(documents.rbegin(), documents.rend(), [&](const auto& document) {
    return config::kind_of(document.resource) == key.kind() &&
           document.resource.name() == key.name();
  });
  const auto place = stood == documents.rend() ? "" : stood->where(violation.field()) + ": ";
  return place + violation_text(violation);
}

std::string change_text(const v1::Change& change, Tense tense) {
  return std::string(action_text(change.action(), tense)) + " " + key_text(change.resource());
}

std::string change_diff(const v1::Change& change, bool colours) {
  const auto before = change.has_before() ? config::to_yaml(change.before()) : "";
  const auto after = change.has_after() ? config::to_yaml(change.after()) : "";
  const auto name = key_text(change.resource());
  auto text =
      painted("--- " + (before.empty() ? std::string("(not there)") : name), Tone::bad, colours) +
      "\n" +
      painted("+++ " + (after.empty() ? std::string("(not there)") : name), Tone::good, colours) +
      "\n";
  // Secrets are all that an answer leaves out.
  if (before == after)
    return text + (change.resource().kind() == v1::KIND_CERTIFICATE ? " the private key changes\n"
                                                                    : " the secret changes\n");
  const auto lines = line_diff(before, after);
  const auto shown = lines_to_show(lines);
  bool gap = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!shown[i]) {
      gap = true;
      continue;
    }
    if (gap) text += painted(" ...", Tone::faint, colours) + "\n";
    gap = false;
    text +=
        painted(lines[i].mark + std::string(lines[i].text), tone_of(lines[i].mark), colours) + "\n";
  }
  return text;
}

}  // namespace meridian::gslbctl
