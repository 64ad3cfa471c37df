#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge-node/http/message.h"

namespace meridian::http {

/// Takes a body out of a connection's bytes (RFC 9112 sections 6 and 7). Pure. Trailers are bounded
/// and kept, chunk extensions checked, bounded and dropped.
class BodyDecoder {
 public:
  explicit BodyDecoder(const Framing& framing);

  struct Step {
    std::size_t consumed = 0;  // bytes of the input that are dealt with
    std::string_view data;     // the part of them that belongs to the body; sees the input
  };
  /// Goes on until there is data or the input is used up. Call again with the rest.
  Step step(std::string_view input);

  /// Of a body whose length is known.
  std::optional<std::uint64_t> bytes_left() const {
    return state_ == State::length ? std::optional(rest_) : std::nullopt;
  }
  bool done() const { return state_ == State::done; }
  bool failed() const { return state_ == State::failed; }
  /// Of a body that is done; without what may not stand there.
  const Fields& trailers() const { return trailers_; }
  /// The connection ended. True: so does the body, and it is whole.
  bool end_of_input();

 private:
  static constexpr std::uint64_t kFreeExtensionBytes = 16 * 1024;
  enum class State : std::uint8_t {
    length,
    until_close,
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_lf,
    done,
    failed
  };
  State on_size(char c);
  State on_extension(char c);
  bool is_extension_paid();
  State on_framing(char c);
  State on_trailer(char c);
  State on_trailer_line();

  State state_;
  std::uint64_t rest_ = 0;    // bytes left of the body or chunk
  int digits_ = 0;            // of the chunk size so far
  std::size_t overhead_ = 0;  // bytes of this chunk's extension, or of all trailers
  std::uint64_t extensions_left_ = kFreeExtensionBytes;  // more with each byte of the body
  bool quoted_ = false;                                  // within a quoted string of an extension,
  bool escaped_ = false;                                 // behind a backslash there
  std::string trailer_line_;                             // what there is of this one
  Fields trailers_;
};

}  // namespace meridian::http
