#include <algorithm>
#include <array>
#include <cctype>

#include "common/config/json_string.h"
#include "common/config/tree.h"

namespace meridian::config {
namespace {

/// Words that some YAML readers take for something else than text.
bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 9> kReserved{"true", "false", "null", "yes", "no",
                                                      "on",   "off",   "y",    "n"};
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end();
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 1.5, 0x1f, 1e9, 12:30, 2026-11-23: a number, time or date to some reader. 192.0.2.1 is none.
bool is_numeric(std::string_view text) {
  constexpr std::string_view kParts = "0123456789abcdefABCDEFxXoO_.:+-,";
  if (!is_digit(text.front()) || text.find_first_not_of(kParts) != std::string_view::npos)
    return false;
  const bool address = std::count(text.begin(), text.end(), '.') == 3 &&
                       text.find_first_not_of("0123456789.") == std::string_view::npos;
  return !address;
}

/// May stand without quotes and is a text to every reader of YAML. Stricter than YAML itself.
bool is_plain_text(std::string_view text) {
  const auto begins = [](char c) { return is_letter(c) || is_digit(c) || c == '/' || c == '_'; };
  if (text.empty() || text.size() > 200 || !begins(text.front()) || is_reserved(text)) return false;
  if (text.back() == ':' || text.back() == ' ' || text.find(": ") != std::string_view::npos)
    return false;
  const auto goes_on = [&](char c) {
    return begins(c) || std::string_view(" .-:@+,").find(c) != std::string_view::npos;
  };
  return std::all_of(text.begin(), text.end(), goes_on) && !is_numeric(text);
}

/// A text of several lines that a literal block shows as it is.
bool is_block_text(std::string_view text) {
  const auto line_break = text.find('\n');
  if (line_break == std::string_view::npos || line_break == 0) return false;
  if (text.front() == ' ' || text.ends_with("\n\n")) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); });
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  /// What follows "key:" or "-": " scalar\n", or the lines below.
  void value(const Tree& tree, std::size_t indent) {
    switch (tree.type) {
      case Tree::Type::null:
        out_ += " null\n";
        return;
      case Tree::Type::plain:
        out_ += " " + tree.text + "\n";
        return;
      case Tree::Type::string:
        return text(tree.text, indent);
      case Tree::Type::list:
        if (tree.items.empty()) return void(out_ += " []\n");
        out_ += "\n";
        return list(tree, indent);
      case Tree::Type::map:
        if (tree.items.empty()) return void(out_ += " {}\n");
        out_ += "\n";
        return map(tree, indent, indent);
    }
  }

  void list(const Tree& tree, std::size_t indent) {
    for (const auto& item : tree.items) {
      out_ += std::string(indent, ' ') + "-";
      if (item.type == Tree::Type::map && !item.items.empty()) {
        out_ += " ";
        map(item, 0, indent + 2);
      } else {
        value(item, indent + 2);
      }
    }
  }

  /// The first key may stand behind a "- ".
  void map(const Tree& tree, std::size_t first_indent, std::size_t indent) {
    for (std::size_t i = 0; i < tree.items.size(); ++i) {
      out_ += std::string(i == 0 ? first_indent : indent, ' ');
      out_ += is_plain_text(tree.keys[i].text) ? tree.keys[i].text : json_string(tree.keys[i].text);
      out_ += ":";
      value(tree.items[i], indent + 2);
    }
  }

 private:
  void text(std::string_view text, std::size_t indent) {
    if (is_plain_text(text)) return void(out_ += " " + std::string(text) + "\n");
    if (!is_block_text(text)) return void(out_ += " " + json_string(text) + "\n");
    const bool ends = text.ends_with('\n');
    out_ += ends ? " |\n" : " |-\n";
    if (ends) text.remove_suffix(1);
    while (true) {
      const auto line = text.substr(0, text.find('\n'));
      out_ += line.empty() ? "\n" : std::string(indent, ' ') + std::string(line) + "\n";
      if (line.size() == text.size()) return;
      text.remove_prefix(line.size() + 1);
    }
  }

  std::string out_;
};

}  // namespace

std::string write_yaml(const Tree& tree) {
  Writer writer;
  if (tree.type == Tree::Type::map && !tree.items.empty()) {
    writer.map(tree, 0, 0);
    return writer.take();
  }
  if (tree.type == Tree::Type::list && !tree.items.empty()) {
    writer.list(tree, 0);
    return writer.take();
  }
  writer.value(tree, 0);
  return writer.take().substr(1);  // the blank that a key would want
}

}  // namespace meridian::config
