#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::zone {

/// An entry of a master file: the words of a record or a directive, wherever parentheses have
/// carried it. Words keep their quotes and escapes.
struct Entry {
  int line = 0;              // where it begins, from 1
  bool begins_line = false;  // its first word stands at the beginning of a line: an owner
  std::vector<std::string> words;
  std::string error;  // not empty: what is wrong; the next entry follows
};

/// Takes a master file apart (RFC 1035 section 5.1): comments, quotes, escapes and parentheses. A
/// value over somebody's text; pure.
class EntryReader {
 public:
  explicit EntryReader(std::string_view text) : text_(text) {}

  /// None: that was all. An entry has at least one word, or an error.
  std::optional<Entry> next();

 private:
  void skip_line();
  void word(Entry& entry);

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace meridian::zone
