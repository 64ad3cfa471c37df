#include "common/zone/entries.h"

namespace meridian::zone {
namespace {

constexpr std::size_t kMostWords = 4'096;
constexpr std::size_t kMostOctets = 200'000;  // of one entry: twice what any record's text needs

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\n' && !is_blank(c)) || c == 0x7f;
}

}  // namespace

void EntryReader::skip_line() {
  while (at_ < text_.size() && text_[at_] != '\n') ++at_;
}

void EntryReader::word(Entry& entry) {
  const auto begin = at_;
  bool in_quotes = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n') break;
    if (is_control(c)) {
      entry.error = "has a control character in it; is this a text file?";
      break;
    }
    if (c == '\\') {
      if (at_ + 1 == text_.size() || text_[at_ + 1] == '\n') {
        entry.error = "ends in a lone backslash";
        break;
      }
      ++at_;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (!in_quotes && (is_blank(c) || c == ';' || c == '(' || c == ')')) {
      break;
    }
  }
  if (in_quotes && entry.error.empty()) entry.error = "a double quote is not closed on its line";
  entry.words.emplace_back(text_.substr(begin, at_ - begin));
}

std::optional<Entry> EntryReader::next() {
  Entry entry;
  std::size_t octets = 0;
  int depth = 0;
  while (at_ < text_.size() && entry.error.empty()) {
    const char c = text_[at_];
    if (c == '\n') {
      if (!entry.words.empty() && depth == 0) return entry;
      ++line_;
      ++at_;
    } else if (is_blank(c)) {
      ++at_;
    } else if (c == ';') {
      skip_line();
    } else if (c == '(' || c == ')') {
      if (entry.words.empty() && entry.line == 0) entry.line = line_;
      depth += c == '(' ? 1 : -1;
      if (depth < 0) entry.error = "has a ) without a ( before it";
      if (depth > 1) entry.error = "has a ( within parentheses";
      ++at_;
    } else {
      if (entry.words.empty()) {
        entry.line = line_;
        entry.begins_line = at_ == 0 || text_[at_ - 1] == '\n';
      }
      word(entry);
      octets += entry.words.back().size();
      if (entry.words.size() > kMostWords || octets > kMostOctets)
        entry.error = "is longer than any record";
    }
  }
  if (entry.error.empty() && depth > 0) entry.error = "a ( is not closed";
  if (!entry.error.empty()) {
    if (entry.line == 0) entry.line = line_;
    skip_line();
    return entry;
  }
  if (entry.words.empty()) return {};
  return entry;
}

}  // namespace meridian::zone
