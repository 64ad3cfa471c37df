#pragma once

#include "edge-node/http/fields.h"
#include "edge-node/http/forwarded.h"
#include "edge-node/http/message.h"
#include "edge-node/request/delivery.h"

namespace meridian::edge {

/// What this edge says of itself in `Via` (RFC 9110 section 7.6.3), in both directions: the version
/// is the one in which it received the message. Pure.
std::string_view via(http::Version received);

/// What all edges are called in `CDN-Loop` (RFC 8586).
inline constexpr std::string_view kLoopMark = "meridian";
/// Notes in `fields`, which go to an origin, that the request has come this way. Pure.
void mark_way(http::Fields& fields);
/// It came this way twice: origins lead back to the edges. Pure.
bool is_in_loop(const http::Fields& fields);

/// `name` with hyphens where it has underscores is `field`: CGI and its kin take the one for the
/// other (RFC 3875 section 4.1.18). Pure.
bool is_twin(std::string_view name, std::string_view field);

/// Origins that trust the proxy in front of them take from a field of that `name` what only the
/// edge can know: where a request came from, by which URL, or by which method. No cache key has it,
/// so what they answer to a visitor's would be stored for all, and it leads past rules for paths.
/// Not so where another proxy says it (`keep_received`), but for the URL and the method; and for
/// methods that no cache answers, which programs change in that way. Pure; does not allocate.
bool is_misleading(std::string_view name, const Forwarding& forwarding, std::string_view method);

/// Puts into `fields`, which go to an origin, where the request came from. What the visitor said of
/// that is thrown away, so that nobody can pretend to be somebody else, unless the site stands
/// behind another proxy (`keep_received`): then lists go on from what was received, and the scheme
/// and host that the first proxy saw stay. Pure.
void tell_of_visitor(http::Fields& fields, const Forwarding& forwarding,
                     const http::Received& received);

}  // namespace meridian::edge
