#include "edge-node/encode/coding.h"

#include <array>

#include "edge-node/http/fields.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

constexpr std::array<std::string_view, kCodings> kNames{"identity", "gzip", "br", "zstd"};
constexpr int kMostWeight = 1000;

/// "0.85" in thousandths; nothing where it is no weight (RFC 9110 section 12.4.2).
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = (text[0] - '0') * kMostWeight;
  if (text.size() == 1) return weight;
  if (text[1] != '.') return std::nullopt;
  int unit = kMostWeight / 10;
  for (const char c : text.substr(2)) {
    if (!http::is_digit(c)) return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= kMostWeight ? std::optional(weight) : std::nullopt;
}

struct Accepted {
  std::string_view name;
  int weight = kMostWeight;
};

/// "gzip;q=0.8"; nothing where it is malformed: then it accepts nothing.
std::optional<Accepted> parse_element(std::string_view element) {
  const auto semicolon = element.find(';');
  Accepted accepted{.name = http::trim(element.substr(0, semicolon))};
  if (!http::is_token(accepted.name)) return std::nullopt;
  if (semicolon == std::string_view::npos) return accepted;
  const auto parameter = http::trim(element.substr(semicolon + 1));
  if (parameter.size() < 3 || http::lower(parameter[0]) != 'q' || parameter[1] != '=')
    return std::nullopt;
  const auto weight = parse_weight(parameter.substr(2));
  if (!weight) return std::nullopt;
  accepted.weight = *weight;
  return accepted;
}

}  // namespace

std::string_view coding_name(Coding coding) { return kNames[static_cast<std::size_t>(coding)]; }

std::optional<Coding> parse_coding(std::string_view name) {
  if (http::same_word(name, "x-gzip")) return Coding::gzip;  // RFC 9110 section 8.4.1.3
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (http::same_word(name, kNames[i])) return static_cast<Coding>(i);
  return std::nullopt;
}

Coding choose_coding(std::string_view accept_encoding, std::span<const Coding> offered) {
  std::array<std::optional<int>, kCodings> weights;
  std::optional<int> others;
  http::ListWords elements(accept_encoding);
  while (const auto element = elements.next()) {
    const auto accepted = parse_element(*element);
    if (!accepted) continue;
    if (accepted->name == "*") {
      others = accepted->weight;
    } else if (const auto coding = parse_coding(accepted->name)) {
      weights[static_cast<std::size_t>(*coding)] = accepted->weight;
    }
  }
  // Without being named, identity is what there is when nothing else will do.
  int best_weight = weights[static_cast<std::size_t>(Coding::identity)].value_or(0);
  Coding best = Coding::identity;
  for (const Coding coding : offered) {
    const int weight = weights[static_cast<std::size_t>(coding)].value_or(others.value_or(0));
    const bool preferred = best == Coding::identity ? weight >= best_weight : weight > best_weight;
    if (weight == 0 || !preferred) continue;
    best = coding;
    best_weight = weight;
  }
  return best;
}

}  // namespace meridian::edge
