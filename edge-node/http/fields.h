#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::http {

/// The header fields of one message, in their order, in one piece of memory. A value. Names
/// compare without letter case. What find() and [] return lives until the next change.
class Fields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  std::size_t size() const { return entries_.size(); }
  Field operator[](std::size_t i) const { return at(entries_[i]); }

  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;
  /// All values of that name as one list (RFC 9110 section 5.2); empty if there is none.
  std::string combined(std::string_view name) const;
  /// One of the comma-separated words under that name is `word`; letter case ignored.
  bool has_word(std::string_view name, std::string_view word) const;

  void add(std::string_view name, std::string_view value);
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  /// Those whose names `goes` is true of.
  template <typename Goes>
  void erase_names_if(Goes goes) {
    std::erase_if(entries_, [&](const Entry& entry) { return goes(at(entry).name); });
  }
  void clear();
  /// Room for so many fields, with so many characters in their names and values, at once.
  void reserve(std::size_t fields, std::size_t characters) {
    entries_.reserve(fields);
    text_.reserve(characters);
  }
  /// Of all names and values.
  std::size_t characters() const { return text_.size(); }

  /// What it costs in memory, for accounting.
  std::size_t memory_bytes() const;

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  Field at(const Entry& entry) const {
    const char* const name = text_.data() + entry.begin;
    return {{name, entry.name_size}, {name + entry.name_size, entry.value_size}};
  }
  std::string text_;
  std::vector<Entry> entries_;
};

/// The words of a comma-separated list, trimmed, empty ones left out (RFC 9110 section 5.6.1).
/// Commas in quoted strings do not separate.
class ListWords {
 public:
  explicit ListWords(std::string_view list) : rest_(list) {}
  /// No value at the end.
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

/// Removes what speaks of the connection and not of the message (RFC 9110 section 7.6.1),
/// the fields that `Connection` lists among them.
void strip_hop_by_hop(Fields& fields);

/// Removes from a trailer section what decides how a message is framed, routed, authenticated,
/// cached or understood, and so has to come before it (RFC 9110 section 6.5.1).
void strip_forbidden_trailers(Fields& fields);

}  // namespace meridian::http
