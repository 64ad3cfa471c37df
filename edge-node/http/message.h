#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "edge-node/http/fields.h"

namespace meridian::http {

/// How a message's body ends (RFC 9112 section 6).
struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // of Kind::length

  bool has_body() const {
    return kind == Kind::chunked || kind == Kind::until_close ||
           (kind == Kind::length && length > 0);
  }
};

/// That a message was received in. What is HTTP/1 beyond 1.1 is read as that.
enum class Version : std::uint8_t { http10, http11, http2 };

/// A request, whatever version of HTTP it came in.
struct RequestHead {
  std::string method;
  std::string target;  // path with its query ("/a?b"), or "*"
  std::string host;    // lower case, without port; empty: HTTP/1.0 without Host
  Fields fields;
  Framing framing;
  Version version = Version::http11;
  bool keep_alive = true;  // the client will send more requests
  bool expect_continue = false;

  /// As new, but for the memory that it has.
  void clear() {
    for (auto* text : {&method, &target, &host}) text->clear();
    fields.clear();
    framing = {};
    version = Version::http11;
    keep_alive = true;
    expect_continue = false;
  }

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

struct ResponseHead {
  int status = 0;
  Version version = Version::http11;
  Fields fields;
  Framing framing;
  bool keep_alive = true;  // the connection can carry another request after the body

  /// As new, but for the memory that it has.
  void clear() {
    status = 0;
    version = Version::http11;
    fields.clear();
    framing = {};
    keep_alive = true;
  }
};

/// Neither changes anything at the origin (RFC 9110 section 9.2.1) ...
bool is_safe(std::string_view method);
/// ... nor does more when it is sent twice (section 9.2.2).
bool is_idempotent(std::string_view method);
/// "Not Found"; a word for the class when the status is not registered.
std::string_view reason_phrase(int status);

}  // namespace meridian::http
