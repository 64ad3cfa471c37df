#pragma once

#include <string_view>

/// What HTTP allows in the fields that a configuration names (RFC 9110 section 5). Pure.
namespace meridian::control {

inline constexpr std::size_t kMostFieldName = 256;
inline constexpr std::size_t kMostFieldValue = 8192;

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text);
/// Letter case ignored.
bool same_name(std::string_view a, std::string_view b);
/// A field that frames a message or steers a connection (RFC 9110 section 7.6.1, RFC 9112 section
/// 6): set by hand they are how requests are smuggled.
bool is_of_connection(std::string_view name);
/// A field in which edges themselves tell origins where a request comes from.
bool is_told_by_edges(std::string_view name);
/// Has a line break or another control character other than a tab in it.
bool breaks_a_line(std::string_view value);
/// Has a blank or control character in it.
bool has_blank(std::string_view text);

}  // namespace meridian::control
