#include "edge-node/http/fields.h"

#include <algorithm>
#include <cassert>
#include <functional>

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

[[maybe_unused]] bool lies_in(std::string_view part, std::string_view whole) {
  const std::less<> before;
  return !part.empty() && !before(part.data(), whole.data()) &&
         before(part.data(), whole.data() + whole.size());
}

}  // namespace

std::optional<std::string_view> Fields::find_first(std::string_view name) const {
  for (const Entry& entry : entries_)
    if (is_named(entry, name)) return at(entry).value;
  return std::nullopt;
}

Fields::Looked Fields::look_all(std::string_view name) const {
  Looked looked;
  for (const Entry& entry : entries_)
    if (is_named(entry, name) && looked.count++ == 0) looked.first = at(entry).value;
  return looked;
}

std::string Fields::combined(std::string_view name) const {
  std::string all;
  if (!may_have(name)) return all;
  for (const Entry& entry : entries_) {
    if (!is_named(entry, name)) continue;
    if (!all.empty()) all += ", ";
    all += at(entry).value;
  }
  return all;
}

bool Fields::has_word(std::string_view name, std::string_view word) const {
  if (!may_have(name)) return false;
  for (const Entry& entry : entries_) {
    if (!is_named(entry, name)) continue;
    const std::string_view list = at(entry).value;
    if (list.find(',') == list.npos) {  // nearly always one word
      if (same_word(trim(list), word)) return true;
      continue;
    }
    ListWords words(list);
    while (const auto found = words.next())
      if (same_word(*found, word)) return true;
  }
  return false;
}

void Fields::add(std::string_view name, std::string_view value) {
  const Entry entry{static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(value.size())};
  assert(!lies_in(name, text_.view()) && !lies_in(value, text_.view()));  // which may move
  char* line = text_.extend(line_size(entry));
  line = std::copy(name.begin(), name.end(), line);
  *line++ = ':';
  *line++ = ' ';
  line = std::copy(value.begin(), value.end(), line);
  *line++ = '\r';
  *line++ = '\n';
  entries_.push_back(entry);
  bits_ |= bit_of(name);
}

void Fields::erase_all(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& entry) { return is_named(entry, name); });
}

void Fields::clear() {
  text_.clear();
  entries_.clear();
  bits_ = 0;
  ahead_ = 0;
}

Fields Fields::packed() const {
  std::size_t characters = 0;
  for (const Entry& entry : entries_) characters += line_size(entry);
  Fields fields;
  fields.reserve(entries_.size(), characters);
  for (const Entry& entry : entries_)
    fields.add_line(text_.view().substr(entry.begin, line_size(entry)), entry.name_size);
  return fields;
}

void Fields::append_lines(std::string& out, std::string_view left_out) const {
  const bool leaves_out = may_have(left_out);
  std::size_t begin = 0, end = 0;  // of lines that stand one behind the other
  for (const Entry& entry : entries_) {
    if (leaves_out && is_named(entry, left_out)) continue;
    if (entry.begin != end) {
      out.append(text_.view().substr(begin, end - begin));
      begin = entry.begin;
    }
    end = entry.begin + line_size(entry);
  }
  out.append(text_.view().substr(begin, end - begin));
}

std::size_t Fields::memory_bytes() const {
  return sizeof(*this) + text_.capacity() + entries_.capacity() * sizeof(Entry);
}

/// Of the next word, which has quoted strings in it.
std::size_t ListWords::end_of_quoted() const {
  std::size_t end = 0;
  for (bool quoted = false; end < rest_.size() && (quoted || rest_[end] != ','); ++end) {
    if (rest_[end] == '"') quoted = !quoted;
    if (quoted && rest_[end] == '\\' && end + 1 < rest_.size()) ++end;
  }
  return end;
}

std::optional<std::string_view> ListWords::next() {
  while (!rest_.empty()) {
    std::size_t end = std::min(rest_.find(','), rest_.size());
    if (rest_.substr(0, end).find('"') != rest_.npos) end = end_of_quoted();
    const std::string_view word = trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!word.empty()) return word;
  }
  return std::nullopt;
}

namespace {

/// `Connection` has more than its most usual word.
bool lists_others(const Fields& fields) {
  bool others = false;
  fields.for_each("connection", [&](std::string_view list) {
    others = others || !same_word(list, "keep-alive");
  });
  return others;
}

}  // namespace

void drop_listed(Fields& request) {
  if (!lists_others(request)) return;
  const std::string listed = request.combined("connection");
  request.erase("connection");
  bool upgrade = false;
  ListWords words(listed);
  while (const auto name = words.next()) {
    if (same_word(*name, "upgrade"))
      upgrade = true;
    else if (!same_word(*name, "te"))
      request.erase(*name);
  }
  if (upgrade) request.add("Connection", "Upgrade");
}

void strip_hop_by_hop(Fields& fields) {
  if (lists_others(fields)) {
    const std::string listed = fields.combined("connection");
    ListWords words(listed);
    while (const auto name = words.next()) fields.erase(*name);
  }
  fields.erase_each("te", "trailer", "upgrade", "connection", "keep-alive", "proxy-connection",
                    "transfer-encoding", "proxy-authenticate", "proxy-authorization");
}

void strip_forbidden_trailers(Fields& fields) {
  if (fields.size() == 0) return;
  strip_hop_by_hop(fields);
  fields.erase_each("content-length", "content-encoding", "content-type", "content-range", "host",
                    "authorization", "www-authenticate", "cookie", "set-cookie", "cache-control",
                    "expires", "age", "date", "vary", "pragma", "location", "retry-after", "expect",
                    "max-forwards", "range", "if-match", "if-none-match", "if-modified-since",
                    "if-unmodified-since", "if-range", "forwarded", "x-forwarded-for",
                    "x-forwarded-host", "x-forwarded-proto");
}

}  // namespace meridian::http
