#include "common/rule/regex.h"

#include <algorithm>

#include <re2/re2.h>

namespace meridian::rule {
namespace {

/// Of the compiled program and what searches keep; 8 times what patterns of practice need.
constexpr std::int64_t kMostMemory = 1 << 20;
constexpr int kMostProgram = 20'000;  // instructions

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Regex::Regex(std::vector<std::unique_ptr<re2::RE2>> copies)
    : copies_(std::move(copies)), groups_(copies_.front()->NumberOfCapturingGroups()) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(const std::string& pattern, unsigned copies) {
  if (pattern.empty()) return Error("", "is empty");
  if (pattern.size() > kMostCharacters)
    return Error("", "is longer than " + std::to_string(kMostCharacters) + " characters");
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_max_mem(kMostMemory);
  std::vector<std::unique_ptr<re2::RE2>> made;
  for (unsigned i = 0; i < std::max(1u, copies); ++i) {
    auto one = std::make_unique<re2::RE2>(piece(pattern), options);
    if (!one->ok()) return Error("", "is no regular expression (RE2): " + one->error());
    if (one->ProgramSize() > kMostProgram)
      return Error("", "is too complex: repetitions such as {1,1000} make it large");
    made.push_back(std::move(one));
  }
  return Regex(std::move(made));
}

bool Regex::finds(std::string_view text, unsigned thread) const {
  const auto& one = *copies_[thread % copies_.size()];
  return one.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool Regex::finds(std::string_view text, Groups& groups, unsigned thread) const {
  std::array<re2::StringPiece, std::tuple_size_v<Groups>> found;
  const int wanted = std::min(groups_ + 1, static_cast<int>(found.size()));
  const auto& one = *copies_[thread % copies_.size()];
  if (!one.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, found.data(), wanted))
    return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    groups[i] =
        found[i].data() ? std::string_view(found[i].data(), found[i].size()) : std::string_view();
  return true;
}

}  // namespace meridian::rule
