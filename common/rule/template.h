#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace meridian::rule {

/// What `${...}` stands for in a template of a rule.
enum class Variable : std::uint8_t {
  host,     // as asked for, without port
  path,     // without the query
  query,    // with its `?`; empty: none
  uri,      // path and query
  scheme,   // `https` or `http`
  method,   // `GET`
  client,   // address
  country,  // ISO 3166-1 alpha-2; empty: not known
  asn,      // number; empty: not known
  group,    // of the rule's path_regex
};

/// Text with places that a request fills: `https://${host}/new/${1}`. A value.
class Template {
 public:
  Template() = default;
  /// `groups`: how many the rule's path_regex has. The Error says which place means nothing.
  static Result<Template> parse(std::string_view text, int groups);

  struct Piece {
    std::string text;  // in front of the place
    bool is_last = false;
    Variable variable = Variable::host;
    int group = 0;  // of Variable::group
  };
  const std::vector<Piece>& pieces() const { return pieces_; }
  /// Without any place.
  bool is_literal() const { return pieces_.size() <= 1; }
  bool empty() const { return pieces_.size() <= 1 && (pieces_.empty() || pieces_[0].text.empty()); }
  /// What every text that comes of it begins with.
  std::string_view beginning() const {
    return pieces_.empty() ? std::string_view() : std::string_view(pieces_[0].text);
  }
  bool uses(Variable variable) const;

  /// `value(variable, group)` gives what is put there, as anything that a string takes.
  template <class Value>
  std::string fill(Value value) const {
    std::string text;
    for (const auto& piece : pieces_) {
      text += piece.text;
      if (!piece.is_last) text += value(piece.variable, piece.group);
    }
    return text;
  }

 private:
  std::vector<Piece> pieces_;  // the last one has no place
};

}  // namespace meridian::rule
