#include "common/rule/template.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace meridian::rule {
namespace {

constexpr std::pair<std::string_view, Variable> kVariables[] = {
    {"host", Variable::host},     {"path", Variable::path},       {"query", Variable::query},
    {"uri", Variable::uri},       {"scheme", Variable::scheme},   {"method", Variable::method},
    {"client", Variable::client}, {"country", Variable::country}, {"asn", Variable::asn},
};

std::optional<Variable> variable_of(std::string_view name) {
  for (const auto& [text, variable] : kVariables)
    if (text == name) return variable;
  return std::nullopt;
}

}  // namespace

Result<Template> Template::parse(std::string_view text, int groups) {
  Template result;
  for (;;) {
    const auto begin = text.find("${");
    if (begin == std::string_view::npos) break;
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos) return Error("", "has a '${' without its '}'");
    const auto name = text.substr(begin + 2, end - begin - 2);
    Piece piece{.text = std::string(text.substr(0, begin))};
    if (const auto variable = variable_of(name)) {
      piece.variable = *variable;
    } else if (name.size() == 1 && name[0] >= '1' && name[0] <= '9') {
      piece.variable = Variable::group;
      piece.group = name[0] - '0';
      if (piece.group > groups)
        return Error("", "has '${" + std::string(name) + "}' in it, but path_regex has " +
                             (groups == 0 ? "no groups" : std::to_string(groups) + " groups"));
    } else {
      return Error("", "has '${" + std::string(name.substr(0, 32)) +
                           "}' in it, which stands for nothing: there are host, path, query, uri, "
                           "scheme, method, client, country, asn and 1 to 9");
    }
    result.pieces_.push_back(std::move(piece));
    text.remove_prefix(end + 1);
  }
  result.pieces_.push_back({.text = std::string(text), .is_last = true});
  return result;
}

bool Template::uses(Variable variable) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
    return !piece.is_last && piece.variable == variable;
  });
}

}  // namespace meridian::rule
