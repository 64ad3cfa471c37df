#include "edge-node/http/fields.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::http {

namespace {

bool is_hop_by_hop(std::string_view name) {
  switch (name.size()) {
    case 2:
      return same_word(name, "te");
    case 7:
      return same_word(name, "trailer") || same_word(name, "upgrade");
    case 10:
      return same_word(name, "connection") || same_word(name, "keep-alive");
    case 16:
      return same_word(name, "proxy-connection");
    case 17:
      return same_word(name, "transfer-encoding");
    case 18:
      return same_word(name, "proxy-authenticate");
    case 19:
      return same_word(name, "proxy-authorization");
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].name_size != name.size()) continue;
    const Field field = (*this)[i];
    if (same_word(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const {
  std::size_t n = 0;
  for (const Entry& entry : entries_)
    n += entry.name_size == name.size() && same_word(at(entry).name, name);
  return n;
}

std::string Fields::combined(std::string_view name) const {
  std::string all;
  for (const Entry& entry : entries_) {
    if (entry.name_size != name.size()) continue;
    const Field field = at(entry);
    if (!same_word(field.name, name)) continue;
    if (!all.empty()) all += ", ";
    all += field.value;
  }
  return all;
}

bool Fields::has_word(std::string_view name, std::string_view word) const {
  for (const Entry& entry : entries_) {
    if (entry.name_size != name.size()) continue;
    const Field field = at(entry);
    if (!same_word(field.name, name)) continue;
    ListWords words(field.value);
    while (const auto found = words.next())
      if (same_word(*found, word)) return true;
  }
  return false;
}

void Fields::add(std::string_view name, std::string_view value) {
  entries_.push_back({static_cast<std::uint32_t>(text_.size()),
                      static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
  text_.append(name);
  text_.append(value);
}

void Fields::set(std::string_view name, std::string_view value) {
  erase(name);
  add(name, value);
}

void Fields::erase(std::string_view name) {
  erase_names_if([name](std::string_view other) {
    return other.size() == name.size() && same_word(other, name);
  });
}

void Fields::clear() {
  text_.clear();
  entries_.clear();
}

std::size_t Fields::memory_bytes() const {
  return sizeof(*this) + text_.capacity() + entries_.capacity() * sizeof(Entry);
}

std::optional<std::string_view> ListWords::next() {
  while (!rest_.empty()) {
    std::size_t end = 0;
    for (bool quoted = false; end < rest_.size() && (quoted || rest_[end] != ','); ++end) {
      if (rest_[end] == '"') quoted = !quoted;
      if (quoted && rest_[end] == '\\' && end + 1 < rest_.size()) ++end;
    }
    const std::string_view word = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!word.empty()) return word;
  }
  return std::nullopt;
}

void strip_hop_by_hop(Fields& fields) {
  const std::string listed = fields.combined("connection");
  ListWords words(listed);
  while (const auto name = words.next()) fields.erase(*name);
  fields.erase_names_if(is_hop_by_hop);
}

void strip_forbidden_trailers(Fields& fields) {
  if (fields.size() == 0) return;
  strip_hop_by_hop(fields);
  for (const std::string_view name : {"content-length",
                                      "content-encoding",
                                      "content-type",
                                      "content-range",
                                      "host",
                                      "authorization",
                                      "www-authenticate",
                                      "cookie",
                                      "set-cookie",
                                      "cache-control",
                                      "expires",
                                      "age",
                                      "date",
                                      "vary",
                                      "pragma",
                                      "location",
                                      "retry-after",
                                      "expect",
                                      "max-forwards",
                                      "range",
                                      "if-match",
                                      "if-none-match",
                                      "if-modified-since",
                                      "if-unmodified-since",
                                      "if-range",
                                      "forwarded",
                                      "x-forwarded-for",
                                      "x-forwarded-host",
                                      "x-forwarded-proto"})
    fields.erase(name);
}

}  // namespace meridian::http
