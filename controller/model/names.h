#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meridian::control {

enum class Wildcard { refused, allowed };

/// Why `text` is not a host name in lower case without a dot at the end, and what would be right;
/// nothing if it is one. `*.` may stand in front where wildcards are allowed. Pure.
std::optional<std::string> hostname_problem(std::string_view text, Wildcard wildcard);

/// Why `text` is not a name for a resource; nothing if it is one.
std::optional<std::string> resource_name_problem(std::string_view text);
/// The same for a node, whose name becomes part of its certificate.
std::optional<std::string> node_name_problem(std::string_view text);

/// The certificate name `pattern` covers `hostname`: equal, or a wildcard that stands for exactly
/// one label (RFC 6125 section 6.4.3). `*.x` as a hostname is covered only by `*.x`. Letter case
/// ignored.
bool covers(std::string_view pattern, std::string_view hostname);

/// `text` in quotes for a message, shortened when it is long, control characters as `?`.
std::string in_quotes(std::string_view text);

}  // namespace meridian::control
