#include "controller/gslbctl/prefix_map_file.h"

#include <map>
#include <utility>

#include "common/net/address.h"

namespace meridian::gslbctl {
namespace {

constexpr std::size_t kMostErrors = 20;
constexpr int kMostLocations = 16;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Cuts off what stands before the next comma.
std::string_view cut_field(std::string_view& rest) {
  const auto comma = rest.find(',');
  const auto field = trimmed(rest.substr(0, comma));
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return field.size() >= 2 && field.front() == '"' && field.back() == '"'
             ? field.substr(1, field.size() - 2)
             : field;
}

Result<v1::PrefixMapEntry> parse_line(std::string_view line) {
  v1::PrefixMapEntry entry;
  entry.set_prefix(std::string(cut_field(line)));
  if (const auto prefix = parse_prefix(entry.prefix()); !prefix) return prefix.error();
  while (!line.empty()) {
    const auto location = cut_field(line);
    if (location.empty()) return Error("an empty location");
    entry.add_locations(std::string(location));
  }
  if (entry.locations().empty() || entry.locations_size() > kMostLocations)
    return Error("after the prefix, 1 to 16 locations are wanted");
  return entry;
}

/// Where each prefix stood first.
class Prefixes {
 public:
  /// An Error for one that was there before, and for one too many.
  Result<void> add(const std::string& text, int line) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return prefix.error();
    if (seen_.size() == kMostPrefixMapEntries) return Error("more than 200,000 entries");
    const auto [known, added] = seen_.try_emplace(*prefix, line);
    if (!added)
      return Error("'" + text + "' stands in line " + std::to_string(known->second) + " already");
    return {};
  }

 private:
  std::map<IpPrefix, int> seen_;
};

}  // namespace

config::Documents read_prefix_map_csv(const std::string& name, std::string_view text,
                                      const std::string& file) {
  config::Documents result;
  config::Document document;
  document.file = file;
  document.line = 1;
  document.resource.set_name(name);
  auto& entries = *document.resource.mutable_prefix_map()->mutable_entries();
  Prefixes prefixes;
  int number = 0;
  while (!text.empty() && result.errors.size() < kMostErrors) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    ++number;
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty() || (entries.empty() && line.starts_with("prefix"))) continue;
    auto entry = parse_line(line);
    auto added = entry ? prefixes.add(entry->prefix(), number) : Result<void>();
    if (!entry || !added) {
      const auto& error = entry ? added.error() : entry.error();
      result.errors.emplace_back(file + ":" + std::to_string(number), error.text());
      continue;
    }
    document.lines["spec.entries[" + std::to_string(entries.size()) + "]"] = number;
    *entries.Add() = std::move(*entry);
  }
  if (entries.empty() && result.errors.empty()) result.errors.emplace_back(file, "has no entries");
  if (result.errors.empty()) result.documents.push_back(std::move(document));
  return result;
}

config::Documents read_prefix_map_json(const std::string& name, std::string_view text,
                                       const std::string& file) {
  // As the entries of a document that begins in the same line, so that lines stay what they are.
  auto result = config::parse_documents(R"({"kind": "PrefixMap", "name": ")" + name +
                                            R"(", "spec": {"entries": )" + std::string(text) + "}}",
                                        file);
  if (!result.errors.empty()) {
    result.documents.clear();
    return result;
  }
  if (result.documents.size() != 1 || result.documents[0].resource.name() != name ||
      result.documents[0].resource.prefix_map().entries().empty()) {
    result.errors.emplace_back(file, R"(is not an array of {"prefix": ..., "locations": [...]})");
    result.documents.clear();
    return result;
  }
  const auto& document = result.documents[0];
  Prefixes prefixes;
  for (int i = 0; i < document.resource.prefix_map().entries_size(); ++i) {
    const auto where = document.where("spec.entries[" + std::to_string(i) + "].prefix");
    const auto line = std::atoi(where.substr(where.rfind(':') + 1).c_str());
    const auto added = prefixes.add(document.resource.prefix_map().entries(i).prefix(), line);
    if (!added && result.errors.size() < kMostErrors)
      result.errors.emplace_back(where, added.error().text());
  }
  if (!result.errors.empty()) result.documents.clear();
  return result;
}

}  // namespace meridian::gslbctl
