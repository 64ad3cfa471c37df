#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/http/fields.h"

namespace meridian::edge {

/// Which request fields a response was chosen by (RFC 9110 section 12.5.5). Pure.
struct Vary {
  /// No other request ever matches: "*", or a field in which edges tell origins of the visitor.
  bool any = false;
  std::vector<std::string> names;  // lower case, sorted, each once

  bool operator==(const Vary&) const = default;
};

Vary parse_vary(const http::Fields& response);

/// Appends what `request` has under `name`, which is in lower case: the same for two requests that
/// no origin tells apart by it. That is its exact text, several lines told from one with commas.
/// But where Accept, Accept-Charset, Accept-Encoding or Accept-Language is one line, and all of its
/// members are as RFC 9110 section 12.5 has them, white space around these and how a weight is
/// written do not count; nor does, in the last two, letter case or the order of members of one
/// weight.
void append_selecting_value(std::string& to, std::string_view name, const http::Fields& request);

/// What `request` has under all of the names; equal for two requests: the same response serves both
/// (RFC 9111 section 4.1).
std::string selecting_values(const Vary& vary, const http::Fields& request);

enum class VariantMatch : std::uint8_t {
  none,
  by_language,  // nothing but Accept-Language differs, and the response is in the one language
                // that the request likes best
  exact,
};

/// Chooses among stored responses for one request. What they are chosen by is worked out once for
/// those of one Vary that come in a row, as nearly all of one key do. Sees the request, and the
/// Vary of the last call.
class VariantSelector {
 public:
  explicit VariantSelector(const http::Fields& request) : request_(request) {}

  /// selecting_values(), until the next call.
  const std::string& values(const Vary& vary);
  /// Whether the request selects `response`, which was fetched by a request that had `selected_by`.
  /// What an origin has chosen for the very same preferences is better than what it would choose.
  VariantMatch match(const Vary& vary, std::string_view selected_by, const http::Fields& response);

 private:
  const http::Fields& request_;
  const Vary* vary_ = nullptr;  // whose values these are
  std::string values_;
  std::optional<std::string> language_;  // that it likes best
};

/// The same for one response alone.
VariantMatch match_variant(const Vary& vary, std::string_view selected_by,
                           const http::Fields& response, const http::Fields& request);

}  // namespace meridian::edge
