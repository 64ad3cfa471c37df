#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

/// What YAML and JSON have in common: scalars, lists and maps. Messages become trees and trees
/// become messages by reflection (message.h); text is read and written here.
namespace meridian::config {

struct Tree {
  enum class Type : std::uint8_t {
    null,
    plain,   // a number, truth value or word, as it stands in the text
    string,  // quoted, or of a field of type string
    list,
    map
  };
  Type type = Type::null;
  std::string text;         // of a plain or a string
  std::string tag;          // "!file"; empty: none
  int line = 0;             // where it began, from 1; 0: it was not read
  std::vector<Tree> items;  // of a list, and the values of a map
  std::vector<Tree> keys;   // of a map, one for each item; strings or plain

  bool is_scalar() const { return type == Type::plain || type == Type::string; }
  /// To a map.
  void add(std::string key, Tree value);

  static Tree plain(std::string text);
  static Tree string(std::string text);
  static Tree list();
  static Tree map();
};

/// The documents of a YAML text, those before the first error in its syntax; empty ones are left
/// out. Anchors and aliases are refused, and so is what is larger than the bounds in the .cc file.
/// The Error's `where` is a line number.
struct Trees {
  std::vector<Tree> documents;
  std::vector<Error> errors;
};
Trees read_yaml(std::string_view text);

/// Block style, ends with a line break; read_yaml() reads it back the same but for the lines.
std::string write_yaml(const Tree& tree);
/// RFC 8259, indented by two spaces, ends with a line break.
std::string write_json(const Tree& tree);

}  // namespace meridian::config
