#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "edge-node/http/range.h"
#include "edge-node/request/context.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/lookup.h"

namespace meridian::edge {

/// Which part of a stored response answers a request: all, a range, or only that nothing has
/// changed. Pure.
struct Portion {
  int status = 200;
  http::Framing framing;  // of what is sent
  std::string content_range;
  std::vector<http::ByteRange> parts;  // of multipart/byteranges; empty: one stretch, as follows
  std::string boundary;                // between them
  std::uint64_t skip = 0;              // bytes of the body to leave out in front ...
  std::uint64_t rest = std::numeric_limits<std::uint64_t>::max();  // ... and then to send

  /// The part of the body's next piece that is to be sent.
  std::string_view cut(std::string_view piece);
};
/// How the body is at hand: all of it, or as it comes, so that parts are not sent twice or
/// backwards.
enum class Body : std::uint8_t { stored, streaming };
Portion choose_portion(const http::RequestHead& request, const StoredHead& stored,
                       std::optional<std::uint64_t> body_bytes, Body body, WallTime now);

/// The portion of a body that is stored in parts is at hand. Pure.
bool holds_portion(const Object& object, const http::RequestHead& request, WallTime now);

/// Sends the head of `portion`, with `cache_status` (RFC 9211) and the site's response rules.
void send_stored_head(Transaction& t, const StoredHead& stored, const Portion& portion,
                      std::string_view cache_status);
/// An interim response of an origin, before the answer; without what it tells of the origin.
asio::awaitable<void> send_interim(Transaction& t, http::ResponseHead head);
/// One piece of body to the visitor, counted. False: the visitor is gone.
asio::awaitable<bool> send_piece(Transaction& t, std::string_view bytes);
/// The end of an answer, whole or broken off.
/// `trailers` may be null.
asio::awaitable<void> send_end(Transaction& t, const http::Fields* trailers = nullptr);
void send_abort(Transaction& t);

asio::awaitable<void> send_object(Transaction& t, Found found);
/// Stale content instead of the origin's `failure_status`.
asio::awaitable<void> send_in_place(Transaction& t, Found found, int failure_status);
asio::awaitable<void> send_local(Transaction& t, LocalAnswer answer);
/// An origin's head to the visitor, scrubbed of what it tells of the origin: so is `head` then.
void send_origin_head(Transaction& t, http::ResponseHead& head, std::string_view cache_status);

void scrub_origin_fields(http::Fields& fields);
/// The head of an answer as the site's rules have it.
void change_by_rules(const Ruling& ruling, http::Fields& fields);
/// Of what an origin sends before that head or behind the body, what rules take away or replace.
void hide_by_rules(const Ruling& ruling, http::Fields& fields);
/// What every answer to a visitor says, and what none tells. `site` may be null.
void complete_fields(http::Fields& fields, const Site* site, bool tls);
/// What the log says of a request before its answer.
AccessEntry access_entry(const http::RequestHead& request, const IpAddress& client, bool tls);
/// A request of `site` that was answered with `status` is to be in the log. `random`: any number.
/// Pure.
bool is_logged(const LogChoice& choice, int status, std::uint64_t random);
void start_log(Transaction& t);
/// Counts the request, and writes it down.
void finish_log(Transaction& t, Instant end);

}  // namespace meridian::edge
