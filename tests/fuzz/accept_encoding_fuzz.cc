// Accept-Encoding from hostile bytes: what is chosen was offered, and named or not excluded by the
// visitor; and it does not depend on what follows an end of the list that means nothing.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "edge-node/encode/coding.h"
#include "edge-node/http/token.h"

namespace {

using meridian::edge::choose_coding;
using meridian::edge::Coding;
using meridian::fuzz::require;

constexpr std::array kOffered{Coding::zstd, Coding::br, Coding::gzip};

bool contains(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return meridian::http::lower(a) == meridian::http::lower(b);
         }) != text.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto chosen = choose_coding(text, kOffered);
  require(choose_coding(text, {}) == Coding::identity);
  if (chosen == Coding::identity) return 0;
  require(contains(text, coding_name(chosen)) || text.find('*') != std::string_view::npos);
  // Offered alone, it is chosen as well: the others took nothing from it.
  require(choose_coding(text, std::array{chosen}) == chosen);
  if (std::count(text.begin(), text.end(), '"') == 0)
    require(choose_coding(std::string(text) + " , ;q=1", kOffered) == chosen);
  return 0;
}
