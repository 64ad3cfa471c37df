#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "edge-node/http/fault.h"
#include "edge-node/http/message.h"

/// Strict incremental parsing of HTTP/1.x heads (RFC 9112). Pure. What one recipient might read
/// differently from another is refused: bare CR or LF, NUL and other controls, obs-fold, space
/// before the colon, Content-Length with Transfer-Encoding or twice.
namespace meridian::http {

/// At the bound a request is refused with 414 (its first line) or 431.
struct HeadLimits {
  std::size_t start_line_bytes = 8192;
  std::size_t head_bytes = 32768;
  std::size_t fields = 100;
};

enum class Progress : std::uint8_t { more, done, failed };

/// The lines of a head, as they become complete.
class HeadLines {
 public:
  explicit HeadLines(const HeadLimits& limits = {}) : limits_(limits) {}

  /// `bytes` begins at the message's first byte and only grows from call to call. However it was
  /// split, the result is the same.
  Progress parse(std::string_view bytes);
  void reset();
  void use(const HeadLimits& limits) { limits_ = limits; }

  const std::string& start_line() const { return start_line_; }
  Fields& fields() { return fields_; }
  /// Bytes of the head with its empty line; after Progress::done.
  std::size_t size() const { return line_begin_; }
  /// After Progress::failed: 400, 414 or 431, what is wrong, and the same for a person.
  int error_status() const { return error_status_; }
  Fault fault() const { return fault_; }
  std::string_view error() const { return error_; }
  Progress fail(int status, Fault fault, std::string_view why);

 private:
  Progress parse_lines(std::string_view bytes);
  enum class Characters : std::uint8_t { unknown, allowed };
  Progress line(std::string_view text, Characters characters);
  void take_run();

  HeadLimits limits_;
  std::size_t line_begin_ = 0;
  std::size_t scanned_ = 0;
  bool has_start_line_ = false;
  bool skipped_empty_line_ = false;
  std::string start_line_;
  Fields fields_;
  std::string_view run_;  // within parse(): of lines that `fields_` has but for their text
  Progress progress_ = Progress::more;
  int error_status_ = 400;
  Fault fault_ = Fault::start_line;
  std::string_view error_;
};

class RequestParser {
 public:
  explicit RequestParser(const HeadLimits& limits = {}) : lines_(limits) {}

  /// As HeadLines::parse().
  Progress parse(std::string_view bytes);
  /// Ready for the next request.
  void reset();
  /// Before the first byte of a request.
  void use(const HeadLimits& limits) { lines_.use(limits); }

  RequestHead& head() { return head_; }
  std::size_t size() const { return lines_.size(); }
  int error_status() const { return lines_.error_status(); }
  Fault fault() const { return lines_.fault(); }
  std::string_view error() const { return lines_.error(); }

 private:
  Progress start_line();
  Progress target(std::string_view target);
  Progress host();
  Progress framing();

  HeadLines lines_;
  RequestHead head_;
  std::string authority_;  // of an absolute-form target
};

/// Whether a response without a body is to be expected whatever its fields say.
enum class ResponseTo : std::uint8_t { head, other };

class ResponseParser {
 public:
  explicit ResponseParser(ResponseTo request, const HeadLimits& limits = {})
      : lines_(limits), request_(request) {}

  Progress parse(std::string_view bytes);
  /// Ready for the response after an interim (1xx) one.
  void reset();

  ResponseHead& head() { return head_; }
  std::size_t size() const { return lines_.size(); }
  std::string_view error() const { return lines_.error(); }

 private:
  Progress framing();

  HeadLines lines_;
  ResponseTo request_;
  ResponseHead head_;
};

/// The value of a Content-Length field; nothing if it is not a number below 10^18.
std::optional<std::uint64_t> parse_length(std::string_view text);

/// Host and optional port of a Host field or URI: the host in lower case, or nothing if it is
/// malformed. An IP literal keeps its brackets.
std::string parse_authority(std::string_view text);
/// The port of what parse_authority() takes; 0: it names none.
std::uint32_t port_of(std::string_view authority);

/// "https://www.shop.example/a?b" as a request for it would name it.
struct Url {
  std::string host;    // lower case, without port
  std::string target;  // "/a?b"
};
Result<Url> parse_url(std::string_view text);

}  // namespace meridian::http
