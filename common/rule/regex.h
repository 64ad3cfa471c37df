#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace re2 {
class RE2;
}

namespace meridian::rule {

/// What the groups of an expression took: [0] is the whole, [n] the n-th; empty where it took
/// nothing. Sees the text that was searched.
using Groups = std::array<std::string_view, 10>;

/// A regular expression of RE2's syntax, which never takes more than linear time. Bytes, no
/// characters. Immutable; any thread.
class Regex {
 public:
  static constexpr std::size_t kMostCharacters = 1024;

  /// The Error says what is wrong with `pattern`. A pattern whose program would be too large is.
  /// `copies`: among which threads are divided, as each search takes a lock inside RE2.
  static Result<Regex> compile(const std::string& pattern, unsigned copies = 1);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  /// It finds something in `text`. `thread`: a number for the calling thread.
  bool finds(std::string_view text, unsigned thread = 0) const;
  /// The same; `groups` are set if it does.
  bool finds(std::string_view text, Groups& groups, unsigned thread = 0) const;
  /// Groups in parentheses.
  int groups() const { return groups_; }

 private:
  explicit Regex(std::vector<std::unique_ptr<re2::RE2>> copies);

  std::vector<std::unique_ptr<re2::RE2>> copies_;
  int groups_ = 0;
};

}  // namespace meridian::rule
