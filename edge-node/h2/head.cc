#include "edge-node/h2/head.h"

#include <array>
#include <utility>

#include "edge-node/http/token.h"

namespace meridian::edge::h2 {
namespace {

enum Pseudo : unsigned {
  kMethod = 1,
  kScheme = 2,
  kAuthority = 4,
  kPath = 8,
  kProtocol = 16,
  kStatus = 32,
};

/// What each field of HTTP/1.1 costs beside its name and value: ": " and CRLF.
constexpr std::size_t kFieldOverhead = 4;

bool is_lower_token(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name)
    if (!http::is_tchar(c) || (c >= 'A' && c <= 'Z')) return false;
  return true;
}

/// The fields of a message, names and values.
bool are_well_formed(const http::Fields& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto field = fields[i];
    if (!is_lower_token(field.name) || !http::is_value(field.value) ||
        http::trim(field.value).size() != field.value.size() || is_connection_specific(field.name))
      return false;
    if (field.name == "te" && !http::same_word(field.value, "trailers")) return false;
  }
  return true;
}

/// Of Content-Length; false: malformed, or against `end_stream` where that counts.
bool read_framing(const http::Fields& fields, bool end_stream, http::Framing& framing,
                  http::Framing::Kind unknown) {
  const auto lengths = fields.count("content-length");
  framing = {end_stream ? http::Framing::Kind::none : unknown, 0};
  if (lengths == 0) return true;
  const auto length = http::parse_length(*fields.find("content-length"));
  if (lengths > 1 || !length || (end_stream && *length > 0)) return false;
  framing = {http::Framing::Kind::length, *length};
  return true;
}

bool is_target_char(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7f && c != '#';
}

}  // namespace

bool is_connection_specific(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames{"connection", "keep-alive", "proxy-connection",
                                                   "transfer-encoding", "upgrade"};
  for (const auto specific : kNames)
    if (http::same_word(name, specific)) return true;
  return false;
}

void HeadBlock::clear() {
  const auto limits = limits_;
  *this = HeadBlock(limits);
}

void HeadBlock::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kFieldOverhead;
  if (name == ":path" && value.size() > limits_.start_line_bytes) too_large_ = true;
  if (bytes_ > limits_.head_bytes) too_large_ = true;
  if (name.starts_with(':')) {
    if (!too_large_ || name == ":path") add_pseudo(name, value);
    return;
  }
  if (too_large_) return;
  if (name == "cookie") return add_cookie(value);
  if (fields_.size() >= limits_.fields) {
    too_large_ = true;
    return;
  }
  fields_.add(name, value);
}

void HeadBlock::add_pseudo(std::string_view name, std::string_view value) {
  struct Known {
    std::string_view name;
    Pseudo bit;
    std::string HeadBlock::*text;
  };
  constexpr std::array<Known, 6> kKnown{{{":method", kMethod, &HeadBlock::method_},
                                         {":scheme", kScheme, &HeadBlock::scheme_},
                                         {":authority", kAuthority, &HeadBlock::authority_},
                                         {":path", kPath, &HeadBlock::path_},
                                         {":protocol", kProtocol, &HeadBlock::protocol_},
                                         {":status", kStatus, &HeadBlock::status_}}};
  for (const auto& known : kKnown) {
    if (known.name != name) continue;
    // Twice, or after the regular fields: section 8.3.
    if ((seen_ & known.bit) || fields_.size() > 0 || !cookie_.empty()) malformed_ = true;
    seen_ |= known.bit;
    this->*known.text = value.substr(0, limits_.start_line_bytes + 1);
    return;
  }
  malformed_ = true;
}

/// Section 8.2.3: crumbs of one cookie header.
void HeadBlock::add_cookie(std::string_view crumb) {
  if (!http::is_value(crumb)) malformed_ = true;
  if (!cookie_.empty()) cookie_ += "; ";
  cookie_ += crumb;
}

/// Has access to a block's parts.
struct HeadReader {
  HeadBlock& b;

  Refusal request(RequestKind& kind, http::RequestHead& request) {
    if (b.too_large_) {
      if (b.path_.size() > b.limits_.start_line_bytes)
        return {414, http::Fault::too_large, "the path is too long"};
      return {431, http::Fault::too_large, "the head is too large"};
    }
    if (b.malformed_ || (b.seen_ & kStatus) || !are_well_formed(b.fields_))
      return {400, http::Fault::field, "a malformed header field"};
    if (!http::is_token(b.method_)) return {400, http::Fault::method, "a malformed method"};
    if (const auto refusal = connect(kind); refusal.status) return refusal;
    const unsigned needed = kMethod | kScheme | kPath;
    if ((b.seen_ & needed) != needed)
      return {400, http::Fault::pseudo_field, "a pseudo-header field is missing"};
    if (!http::same_word(b.scheme_, "https") && !http::same_word(b.scheme_, "http"))
      return {400, http::Fault::pseudo_field, "a scheme that is not served"};
    if (!(b.path_.starts_with('/') || (b.path_ == "*" && b.method_ == "OPTIONS")))
      return {400, http::Fault::target, "a malformed path"};
    for (const char c : b.path_)
      if (!is_target_char(c))
        return {400, http::Fault::target, "a character that must be percent-encoded in the path"};
    request.method = kind.websocket ? "GET" : std::move(b.method_);
    request.version = http::Version::http2;
    request.target = std::move(b.path_);
    if (const auto refusal = host(request); refusal.status) return refusal;
    finish_fields(kind, request);
    if (request.fields.has("expect")) {
      if (!http::same_word(request.fields.combined("expect"), "100-continue"))
        return {417, http::Fault::expectation, "an unknown expectation"};
      request.expect_continue = !kind.end_stream;
    }
    if (!read_framing(request.fields, kind.end_stream, request.framing,
                      http::Framing::Kind::chunked))
      return {400, http::Fault::content_length, "a malformed Content-Length"};
    if (!kind.websocket) return {};
    if (request.fields.has("content-length"))
      return {400, http::Fault::content_length, "a WebSocket with a length"};
    request.framing = {};
    return {};
  }

  Refusal connect(RequestKind& kind) {
    kind.websocket = false;
    if (b.method_ != "CONNECT")
      return b.seen_ & kProtocol
                 ? Refusal{400, http::Fault::pseudo_field, ":protocol without CONNECT"}
                 : Refusal{};
    if (!(b.seen_ & kProtocol)) return {405, http::Fault::method, "CONNECT is not served"};
    if (!http::same_word(b.protocol_, "websocket"))
      return {501, http::Fault::method, "a protocol that is not served"};
    if (kind.end_stream) return {400, http::Fault::method, "a WebSocket that ends at once"};
    kind.websocket = true;
    return {};
  }

  // Section 8.3.1: the authority, or a Host field, or both if they say the same.
  Refusal host(http::RequestHead& request) {
    const auto count = b.fields_.count("host");
    if (count > 1) return {400, http::Fault::host, "more than one Host"};
    const auto field = b.fields_.find("host");
    if (!(b.seen_ & kAuthority)) {
      if (!field) return {400, http::Fault::host, "neither :authority nor Host"};
      b.authority_ = *field;
    } else if (field && !http::same_word(*field, b.authority_)) {
      return {400, http::Fault::host, ":authority and Host differ"};
    }
    request.host = http::parse_authority(b.authority_);
    if (request.host.empty()) return {400, http::Fault::host, "a malformed authority"};
    return {};
  }

  void finish_fields(const RequestKind& kind, http::RequestHead& request) {
    request.fields = std::move(b.fields_);
    request.fields.set("host", b.authority_);
    if (!b.cookie_.empty()) request.fields.add("cookie", b.cookie_);
    if (!kind.websocket) return;
    request.fields.erase("sec-websocket-key");
    request.fields.add("connection", "Upgrade");
    request.fields.add("upgrade", "websocket");
  }

  bool response(http::ResponseTo to, bool end_stream, http::ResponseHead& response) {
    if (b.too_large_ || b.malformed_ || b.seen_ != kStatus || !are_well_formed(b.fields_))
      return false;
    response.status = status_of(b);
    response.version = http::Version::http2;
    if (response.status < 100 || response.status == 101) return false;
    response.fields = std::move(b.fields_);
    if (!b.cookie_.empty()) response.fields.add("cookie", b.cookie_);
    const bool bodiless = to == http::ResponseTo::head || response.status < 200 ||
                          response.status == 204 || response.status == 304;
    if (!read_framing(response.fields, end_stream && !bodiless, response.framing,
                      http::Framing::Kind::until_close))
      return false;
    if (bodiless || end_stream) response.framing = {};
    return true;
  }

  int status() const {
    if (b.status_.size() != 3) return 0;
    const auto value = http::parse_length(b.status_);
    return value && *value >= 100 && *value <= 599 ? static_cast<int>(*value) : 0;
  }

  bool trailers(http::Fields& trailers) {
    if (b.too_large_ || b.malformed_ || b.seen_ != 0 || !are_well_formed(b.fields_)) return false;
    trailers = std::move(b.fields_);
    http::strip_forbidden_trailers(trailers);
    return true;
  }
};

Refusal to_request(HeadBlock& block, RequestKind& kind, http::RequestHead& request) {
  return HeadReader{block}.request(kind, request);
}

bool to_response(HeadBlock& block, http::ResponseTo request, bool end_stream,
                 http::ResponseHead& response) {
  return HeadReader{block}.response(request, end_stream, response);
}

int status_of(const HeadBlock& block) { return HeadReader{const_cast<HeadBlock&>(block)}.status(); }

bool to_trailers(HeadBlock& block, http::Fields& trailers) {
  return HeadReader{block}.trailers(trailers);
}

}  // namespace meridian::edge::h2
