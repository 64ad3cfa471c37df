#include "common/config/json_string.h"
#include "common/config/tree.h"

namespace meridian::config {
namespace {

void write(const Tree& tree, std::size_t indent, std::string& out) {
  if (tree.type == Tree::Type::null) {
    out += "null";
  } else if (tree.type == Tree::Type::plain) {
    out += tree.text;
  } else if (tree.type == Tree::Type::string) {
    out += json_string(tree.text);
  } else {
    const bool is_map = tree.type == Tree::Type::map;
    out += is_map ? '{' : '[';
    for (std::size_t i = 0; i < tree.items.size(); ++i) {
      out += i == 0 ? "\n" : ",\n";
      out += std::string(indent + 2, ' ');
      if (is_map) out += json_string(tree.keys[i].text) + ": ";
      write(tree.items[i], indent + 2, out);
    }
    if (!tree.items.empty()) out += "\n" + std::string(indent, ' ');
    out += is_map ? '}' : ']';
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < ' ' || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string write_json(const Tree& tree) {
  std::string out;
  write(tree, 0, out);
  return out + "\n";
}

}  // namespace meridian::config
