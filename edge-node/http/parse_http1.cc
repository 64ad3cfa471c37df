#include "edge-node/http/parse_http1.h"

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "edge-node/http/token.h"

namespace meridian::http {
namespace {

/// So that nearly all heads are read into memory that is had at once.
constexpr std::size_t kUsualFields = 16, kUsualCharacters = 512;
constexpr std::size_t kLineEnd = 2;  // CRLF
constexpr std::uint32_t kMostPort = 65535;

/// "HTTP/1.0" or "HTTP/1.1" -> 0 or 1; -1: another version; -2: no version at all.
int parse_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7]))
    return -2;
  if (text[5] != '1') return -1;
  return text[7] == '0' ? 0 : 1;
}

/// What may stand in a host's name, in lower case; 0: what may not.
constexpr std::array<char, 256> make_host_chars() {
  std::array<char, 256> table{};
  for (const char c :
       std::string_view("0123456789-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    table[static_cast<unsigned char>(c)] = lower(c);
  return table;
}
constexpr auto kHostChars = make_host_chars();

Version version_of(int minor_version) {
  return minor_version == 0 ? Version::http10 : Version::http11;
}

bool persists(Version version, const Fields& fields) {
  if (fields.has_word("connection", "close")) return false;
  return version != Version::http10 || fields.has_word("connection", "keep-alive");
}

/// A transfer coding (RFC 9112 section 7), or something that its sender may have taken for one:
/// whoever does not know it would take what is coded for the content.
bool may_be_coded(std::string_view codings) {
  ListWords words(codings);
  bool empty = true;
  while (const auto word = words.next()) {
    empty = false;
    const auto name = lower_text(trim(word->substr(0, word->find(';'))));
    if (!is_token(name)) return true;
    for (const std::string_view part : {"chunk", "zip", "flate", "compress", "identity"})
      if (name.find(part) != std::string::npos) return true;
    if (name == "br" || name == "zstd") return true;
  }
  return empty;
}

/// Codings that are registered, chunked last and only there: an honest request that asks for more
/// than is served here. Anything else is made so that somebody does not see the chunks.
bool is_well_coded(std::string_view codings) {
  ListWords words(codings);
  bool chunked = false, others = false;
  while (const auto word = words.next()) {
    const bool other = same_word(*word, "gzip") || same_word(*word, "x-gzip") ||
                       same_word(*word, "deflate") || same_word(*word, "compress") ||
                       same_word(*word, "x-compress");
    if (chunked || !(other || same_word(*word, "chunked"))) return false;
    chunked = !other;
    others = others || other;
  }
  return chunked && others;
}

}  // namespace

std::optional<std::uint64_t> parse_length(std::string_view text) {
  constexpr std::size_t kMaxDigits = 18;  // fits in 63 bits
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

void HeadLines::reset() {
  line_begin_ = scanned_ = 0;
  has_start_line_ = skipped_empty_line_ = false;
  start_line_.clear();
  fields_.clear();
  run_ = {};
  progress_ = Progress::more;
}

Progress HeadLines::fail(int status, Fault fault, std::string_view why) {
  error_status_ = status;
  fault_ = fault;
  error_ = why;
  return progress_ = Progress::failed;
}

Progress HeadLines::parse(std::string_view bytes) {
  const Progress progress = parse_lines(bytes);
  take_run();
  return progress;
}

void HeadLines::take_run() {
  if (!run_.empty()) fields_.add_text(std::exchange(run_, {}));
}

Progress HeadLines::parse_lines(std::string_view bytes) {
  while (progress_ == Progress::more) {
    // Nearly always nothing comes before the line's end that may not stand in it.
    std::size_t end = scanned_;
    if (line_begin_ == scanned_ && end < bytes.size()) end += value_size(bytes.substr(end));
    const bool plain = bytes.size() >= end + kLineEnd && bytes[end] == '\r' &&
                       bytes[end + 1] == '\n' && line_begin_ == scanned_;
    const auto feed = plain ? end + 1 : bytes.find('\n', end);
    const bool found = feed != std::string_view::npos;
    end = found ? feed + 1 : bytes.size();
    const std::size_t most_line = has_start_line_ ? limits_.head_bytes : limits_.start_line_bytes;
    if (end - line_begin_ > most_line || end > limits_.head_bytes)
      return fail(has_start_line_ ? 431 : 414, Fault::too_large, "the head is too large");
    scanned_ = end;
    if (!found) return Progress::more;
    const std::string_view text = bytes.substr(line_begin_, end - line_begin_);
    line_begin_ = end;
    if (text.size() < kLineEnd || text[text.size() - kLineEnd] != '\r')
      return fail(400, Fault::line_end, "a line ends without CR");
    (void)line(text, plain ? Characters::allowed : Characters::unknown);
  }
  return progress_;
}

/// `text`: a line with its CRLF. `characters`: what is known of whether they may stand in a value.
Progress HeadLines::line(std::string_view text, Characters characters) {
  const bool plain = characters == Characters::allowed;
  const std::string_view line = text.substr(0, text.size() - kLineEnd);
  if (!has_start_line_) {
    if (line.empty() && !std::exchange(skipped_empty_line_, true)) return Progress::more;
    if ((!plain && !is_value(line)) || line.find('\t') != std::string_view::npos)
      return fail(400, Fault::start_line, "a control character in the first line");
    has_start_line_ = true;
    start_line_ = line;
    fields_.reserve(kUsualFields, kUsualCharacters);
    return Progress::more;
  }
  if (line.empty()) return progress_ = Progress::done;
  if (fields_.size() >= limits_.fields)
    return fail(431, Fault::too_large, "too many header fields");
  const std::size_t colon = token_size(line);
  if (colon == 0 || colon == line.size() || line[colon] != ':')
    return fail(400, Fault::field,
                "a header field's name is malformed");  // obs-fold and "Name :" among them
  const std::string_view value = trim(line.substr(colon + 1));
  if (!plain && !is_value(value))
    return fail(400, Fault::field, "a control character in a header field");
  if (line.size() == colon + 2 + value.size() && line[colon + 1] == ' ') {  // as it is kept
    fields_.add_line_ahead(text, colon);
    run_ = {run_.empty() ? text.data() : run_.data(), run_.size() + text.size()};
  } else {
    take_run();
    fields_.add(line.substr(0, colon), value);
  }
  return Progress::more;
}

std::string parse_authority(std::string_view text) {
  std::string host;
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos) return {};
    for (const char c : text.substr(1, end - 1))
      if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'f') && c != ':' && c != '.') return {};
    host = lower_text(text.substr(0, ++end));
  } else {
    end = std::min(text.find(':'), text.size());
    host = text.substr(0, end);
    for (char& c : host) {
      c = kHostChars[static_cast<unsigned char>(c)];
      if (c == 0) return {};
    }
    if (host.size() > 1 && host.back() == '.') host.pop_back();
  }
  if (host.size() > 255) return {};
  if (end == text.size()) return host;
  const std::string_view port = text.substr(end);
  if (port[0] != ':' || port.size() > 6) return {};
  for (const char c : port.substr(1))
    if (!is_digit(c)) return {};
  return port_of(text) > kMostPort ? std::string() : host;
}

std::uint32_t port_of(std::string_view authority) {
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return 0;
  return static_cast<std::uint32_t>(parse_length(authority.substr(colon + 1)).value_or(0));
}

Result<Url> parse_url(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos ||
      (!same_word(text.substr(0, scheme), "http") && !same_word(text.substr(0, scheme), "https")))
    return Error("'" + std::string(text) + "' is not a URL of http or https");
  const std::string_view rest = text.substr(scheme + 3);
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  Url url{parse_authority(rest.substr(0, path)), std::string(rest.substr(path))};
  if (url.host.empty()) return Error("'" + std::string(text) + "' has no host");
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

void RequestParser::reset() {
  lines_.reset();
  head_.clear();
  authority_.clear();
}

Progress RequestParser::parse(std::string_view bytes) {
  const Progress progress = lines_.parse(bytes);
  if (progress != Progress::done) return progress;
  std::swap(head_.fields, lines_.fields());  // and back: neither gives up its memory
  if (start_line() == Progress::failed || host() == Progress::failed) return Progress::failed;
  head_.keep_alive = persists(head_.version, head_.fields);
  if (head_.fields.has("expect")) {
    if (!same_word(head_.fields.combined("expect"), "100-continue"))
      return lines_.fail(417, Fault::expectation, "an unknown expectation");
    head_.expect_continue = head_.version != Version::http10;
  }
  return framing();
}

Progress RequestParser::start_line() {
  const std::string_view line = lines_.start_line();
  const auto first = line.find(' ');
  const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos)
    return lines_.fail(400, Fault::start_line, "a malformed request line");
  const std::string_view method = line.substr(0, first);
  const int version = parse_version(line.substr(second + 1));
  if (!is_token(method) || version == -2)
    return lines_.fail(400, Fault::start_line, "a malformed request line");
  if (version == -1) return lines_.fail(505, Fault::version, "not HTTP/1");
  head_.method = method;
  head_.version = version_of(version);
  return target(line.substr(first + 1, second - first - 1));
}

// RFC 9112 section 3.2. The authority-form belongs to CONNECT, which is not served.
Progress RequestParser::target(std::string_view target) {
  if (head_.method == "CONNECT") return lines_.fail(405, Fault::method, "CONNECT is not served");
  for (const char c : target)
    if (static_cast<unsigned char>(c) >= 0x80 || c == '#')
      return lines_.fail(400, Fault::target,
                         "a character that must be percent-encoded in the request target");
  if (target == "*" && head_.method == "OPTIONS") {
    head_.target = target;
    return Progress::done;
  }
  if (target.starts_with('/')) {
    head_.target = target;
    return Progress::done;
  }
  auto url = parse_url(target);
  if (!url) return lines_.fail(400, Fault::target, "a malformed request target");
  const auto authority = target.substr(target.find("://") + 3);
  authority_ = authority.substr(0, authority.find_first_of("/?"));
  // RFC 9112 section 3.2.4.
  const bool of_server = head_.method == "OPTIONS" && authority_.size() == authority.size();
  head_.target = of_server ? "*" : std::move(url->target);
  return Progress::done;
}

// RFC 9112 section 3.2: exactly one Host, unless HTTP/1.0; an absolute-form target overrides it.
Progress RequestParser::host() {
  const auto [count, host] = head_.fields.look("host");
  if (count > 1) return lines_.fail(400, Fault::host, "more than one Host");
  if (count == 0 && head_.version != Version::http10)
    return lines_.fail(400, Fault::host, "no Host");
  if (count == 1) {
    head_.host = parse_authority(host);
    if (head_.host.empty() && !host.empty())
      return lines_.fail(400, Fault::host, "a malformed Host");
  }
  if (authority_.empty()) return Progress::done;
  head_.host = parse_authority(authority_);
  if (head_.host.empty())
    return lines_.fail(400, Fault::host, "a malformed host in the request target");
  head_.fields.set("Host", authority_);
  return Progress::done;
}

// RFC 9112 section 6.3, and 6.1 for what smuggling is made of.
Progress RequestParser::framing() {
  const auto [lengths, text] = head_.fields.look("content-length");
  if (head_.fields.has("transfer-encoding")) {
    if (lengths > 0)
      return lines_.fail(400, Fault::transfer_encoding,
                         "both Content-Length and Transfer-Encoding");
    if (head_.version == Version::http10)
      return lines_.fail(400, Fault::transfer_encoding, "Transfer-Encoding in HTTP/1.0");
    const auto codings = head_.fields.combined("transfer-encoding");
    if (!same_word(codings, "chunked"))
      return is_well_coded(codings)
                 ? lines_.fail(501, Fault::transfer_encoding,
                               "a transfer coding other than chunked")
                 : lines_.fail(400, Fault::transfer_encoding, "a Transfer-Encoding that is none");
    head_.framing.kind = Framing::Kind::chunked;
    return Progress::done;
  }
  if (lengths == 0) return Progress::done;
  const auto length = parse_length(text);
  if (lengths > 1 || !length)
    return lines_.fail(400, Fault::content_length, "a malformed Content-Length");
  head_.framing = {Framing::Kind::length, *length};
  return Progress::done;
}

void ResponseParser::reset() {
  lines_.reset();
  head_.clear();
}

Progress ResponseParser::parse(std::string_view bytes) {
  const Progress progress = lines_.parse(bytes);
  if (progress != Progress::done) return progress;
  std::swap(head_.fields, lines_.fields());  // as of a request
  const std::string_view line = lines_.start_line();
  const int version = parse_version(line.substr(0, std::min<std::size_t>(8, line.size())));
  if (version < 0 || line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' '))
    return lines_.fail(400, Fault::start_line, "a malformed status line");
  const auto digits = line.substr(9, 3);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), head_.status);
  if (error != std::errc() || end != digits.data() + digits.size() || head_.status < 100 ||
      head_.status > 599)
    return lines_.fail(400, Fault::start_line, "a malformed status");
  head_.version = version_of(version);
  return framing();
}

Progress ResponseParser::framing() {
  head_.keep_alive = persists(head_.version, head_.fields);
  const auto [lengths, text] = head_.fields.look("content-length");
  const bool coded = head_.fields.has("transfer-encoding");
  bool chunked = false;
  if (coded) {
    const auto codings = head_.fields.combined("transfer-encoding");
    chunked = same_word(codings, "chunked");
    if (lengths > 0 || head_.version == Version::http10 || (!chunked && may_be_coded(codings)))
      return lines_.fail(400, Fault::transfer_encoding,
                         "a Transfer-Encoding that cannot be relied upon");
    // Words that are no transfer coding say nothing of the body: it ends with the connection (RFC
    // 9112 section 6.3).
    if (!chunked) head_.fields.erase("transfer-encoding");
  }
  std::optional<std::uint64_t> length;
  if (lengths > 0) {
    length = parse_length(text);
    if (lengths > 1 || !length)
      return lines_.fail(400, Fault::content_length, "a malformed Content-Length");
  }
  if (request_ == ResponseTo::head || head_.status < 200 || head_.status == 204 ||
      head_.status == 304)
    return Progress::done;
  if (chunked) {
    head_.framing.kind = Framing::Kind::chunked;
  } else if (length) {
    head_.framing = {Framing::Kind::length, *length};
  } else {
    head_.framing.kind = Framing::Kind::until_close;
    head_.keep_alive = false;
  }
  return Progress::done;
}

}  // namespace meridian::http
