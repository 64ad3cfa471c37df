#include "edge-node/policy/targeted.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_lower(http::lower(c)); }

/// Reads one field from its front, by the algorithms of RFC 8941 section 4.2. After a failure
/// nothing that it returns counts.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }

  std::string key() {
    if (!is_lower(peek()) && peek() != '*') return fail();
    return std::string(take_while([](char c) {
      return is_lower(c) || http::is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    }));
  }

  /// The member's value, or its parameters alone: then it is true.
  void value_of(TargetedMember& member) {
    member.is_true = false;
    member.number.reset();
    if (!take('=')) {
      member.is_true = true;
    } else if (take('(')) {
      inner_list();
    } else {
      bare_item(&member);
    }
    parameters();
  }

 private:
  std::string fail() {
    failed_ = true;
    rest_ = {};
    return {};
  }

  template <class Test>
  std::string_view take_while(Test test) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), test);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  void parameters() {
    while (take(';')) {
      skip(" ");
      key();
      if (take('=')) bare_item(nullptr);
    }
  }

  void inner_list() {
    while (!failed_) {
      skip(" ");
      if (take(')')) return;
      bare_item(nullptr);
      parameters();
      if (peek() != ' ' && peek() != ')') fail();
    }
  }

  void bare_item(TargetedMember* member) {
    const char first = peek();
    if (first == '-' || http::is_digit(first)) return number(member);
    if (take('"')) return string();
    if (take(':')) {
      take_while([](char c) {
        return is_alpha(c) || http::is_digit(c) || c == '+' || c == '/' || c == '=';
      });
      if (!take(':')) fail();
      return;
    }
    if (take('?')) {
      if (take('1')) {
        if (member) member->is_true = true;
      } else if (!take('0')) {
        fail();
      }
      return;
    }
    if (!is_alpha(first) && first != '*') {
      fail();
      return;
    }
    take_while([](char c) { return http::is_tchar(c) || c == ':' || c == '/'; });
  }

  void number(TargetedMember* member) {
    constexpr std::size_t kMostDigits = 15;
    const bool negative = take('-');
    const auto digits = take_while(http::is_digit);
    if (digits.empty() || digits.size() > kMostDigits) {
      fail();
      return;
    }
    if (take('.')) {
      const auto fraction = take_while(http::is_digit);
      if (fraction.empty() || fraction.size() > 3 || digits.size() > 12) fail();
      return;
    }
    if (!member || negative) return;
    std::uint64_t value = 0;
    for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    member->number = value;
  }

  void string() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return;
      if (c == '\\') {
        if (!take('"') && !take('\\')) break;
      } else if (c < 0x20 || c > 0x7e) {
        break;
      }
    }
    fail();
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::optional<std::vector<TargetedMember>> parse_targeted(std::string_view field) {
  std::vector<TargetedMember> members;
  Reader reader(field);
  reader.skip(" ");
  while (!reader.at_end()) {
    auto key = reader.key();
    if (reader.failed()) return std::nullopt;
    auto member = std::find_if(members.begin(), members.end(),
                               [&](const auto& one) { return one.key == key; });
    if (member == members.end()) member = members.insert(members.end(), {std::move(key), {}, {}});
    reader.value_of(*member);
    if (reader.failed()) return std::nullopt;
    reader.skip(" \t");
    if (reader.at_end()) break;
    if (!reader.take(',')) return std::nullopt;
    reader.skip(" \t");
    if (reader.at_end()) return std::nullopt;  // a comma with nothing behind it
  }
  return members;
}

}  // namespace meridian::edge
