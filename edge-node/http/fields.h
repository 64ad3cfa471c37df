#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/http/text_buffer.h"
#include "edge-node/http/token.h"

namespace meridian::http {

/// The header fields of one message, in their order, in one piece of memory, each as a line of
/// HTTP/1.1. A value. Names compare without letter case. What find() and [] return lives until the
/// next change.
class Fields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  std::size_t size() const { return entries_.size(); }
  Field operator[](std::size_t i) const { return at(entries_[i]); }

  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const {
    return may_have(name) ? find_first(name) : std::nullopt;
  }
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const {
    return may_have(name) ? look_all(name).count : 0;
  }
  /// Both at once: how many there are, and the value of the first.
  struct Looked {
    std::size_t count = 0;
    std::string_view first;
  };
  Looked look(std::string_view name) const { return may_have(name) ? look_all(name) : Looked(); }
  /// Hands the value of each field of that name to `take`.
  template <typename Take>
  void for_each(std::string_view name, Take take) const {
    if (!may_have(name)) return;
    for (const Entry& entry : entries_)
      if (is_named(entry, name)) take(at(entry).value);
  }
  /// All values of that name as one list (RFC 9110 section 5.2); empty if there is none.
  std::string combined(std::string_view name) const;
  /// One of the comma-separated words under that name is `word`; letter case ignored.
  bool has_word(std::string_view name, std::string_view word) const;

  void add(std::string_view name, std::string_view value);  // neither of its own text
  /// A field that stands in `line` as it is kept here: its name, ": ", its value and CRLF.
  void add_line(std::string_view line, std::size_t name_size) {
    add_line_ahead(line, name_size);
    add_text(line);
  }
  /// The same for lines that stand one behind the other: each ahead, and then the text of them all.
  /// In between only size() may be asked.
  void add_line_ahead(std::string_view line, std::size_t name_size) {
    entries_.push_back({static_cast<std::uint32_t>(text_.size() + ahead_),
                        static_cast<std::uint32_t>(name_size),
                        static_cast<std::uint32_t>(line.size() - name_size - kColon - kLineEnd)});
    bits_ |= bit_of(line.substr(0, name_size));
    ahead_ += line.size();
  }
  void add_text(std::string_view lines) {
    text_.append(lines);
    ahead_ = 0;
  }
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string_view value) {
    erase(name);
    add(name, value);
  }
  void erase(std::string_view name) {
    if (may_have(name)) erase_all(name);
  }
  template <typename... Names>
  void erase_each(const Names&... names) {
    (erase(names), ...);
  }
  void clear();
  /// Room for so many fields, with so many characters in their lines, at once.
  void reserve(std::size_t fields, std::size_t characters) {
    entries_.reserve(fields);
    text_.reserve(characters);
  }
  /// The same in no more memory than it takes, for what is kept.
  Fields packed() const;
  /// At least what all lines have.
  std::size_t characters() const { return text_.size(); }
  /// All lines, but for the fields of the name `left_out`.
  void append_lines(std::string& out, std::string_view left_out) const;

  /// What it costs in memory, for accounting.
  std::size_t memory_bytes() const;

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  static constexpr std::size_t kColon = 2, kLineEnd = 2;  // ": " and CRLF

  Field at(const Entry& entry) const {
    const char* const name = text_.data() + entry.begin;
    return {{name, entry.name_size}, {name + entry.name_size + kColon, entry.value_size}};
  }
  static std::size_t line_size(const Entry& entry) {
    return entry.name_size + kColon + entry.value_size + kLineEnd;
  }
  bool is_named(const Entry& entry, std::string_view name) const {
    return entry.name_size == name.size() && same_word(at(entry).name, name);
  }
  /// Names have few bits in common, so that most that are asked for in vain are known as absent.
  static constexpr std::uint64_t bit_of(std::string_view name) {
    if (name.empty()) return 1;
    constexpr unsigned kLower = 0x20;
    const unsigned first = static_cast<unsigned char>(name.front()) | kLower;
    const unsigned last = static_cast<unsigned char>(name.back()) | kLower;
    return std::uint64_t{1} << ((first * 3 + last * 13 + name.size() * 5) % 64);
  }
  bool may_have(std::string_view name) const { return (bits_ & bit_of(name)) != 0; }
  std::optional<std::string_view> find_first(std::string_view name) const;
  Looked look_all(std::string_view name) const;
  void erase_all(std::string_view name);

  TextBuffer text_;  // lines, also of those that were erased
  std::vector<Entry> entries_;
  std::uint64_t bits_ = 0;  // of all names that were ever added
  std::size_t ahead_ = 0;   // characters of lines whose text is still to come
};

/// The words of a comma-separated list, trimmed, empty ones left out (RFC 9110 section 5.6.1).
/// Commas in quoted strings do not separate.
class ListWords {
 public:
  explicit ListWords(std::string_view list) : rest_(list) {}
  /// No value at the end.
  std::optional<std::string_view> next();

 private:
  std::size_t end_of_quoted() const;
  std::string_view rest_;
};

/// Of a request as it came: what `Connection` lists goes, and so does the list but for `Upgrade`,
/// so that it takes nothing that is said later in its name. `TE` stays.
void drop_listed(Fields& request);

/// Removes what speaks of the connection and not of the message (RFC 9110 section 7.6.1),
/// the fields that `Connection` lists among them.
void strip_hop_by_hop(Fields& fields);

/// Removes from a trailer section what decides how a message is framed, routed, authenticated,
/// cached or understood, and so has to come before it (RFC 9110 section 6.5.1).
void strip_forbidden_trailers(Fields& fields);

}  // namespace meridian::http
