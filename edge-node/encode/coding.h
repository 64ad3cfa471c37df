#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Content codings that an edge can make (RFC 9110 section 8.4.1). Pure.
namespace meridian::edge {

enum class Coding : std::uint8_t { identity, gzip, br, zstd };
inline constexpr std::size_t kCodings = 4;

/// As in `Content-Encoding`.
std::string_view coding_name(Coding coding);
std::optional<Coding> parse_coding(std::string_view name);

/// What to send to who said `accept_encoding` (RFC 9110 section 12.5.3), all fields of that name as
/// one list. The coding of the highest weight; of equal ones the first of `offered`. Identity when
/// none of them is acceptable, or the visitor prefers it, or says nothing: it is always possible.
Coding choose_coding(std::string_view accept_encoding, std::span<const Coding> offered);

}  // namespace meridian::edge
