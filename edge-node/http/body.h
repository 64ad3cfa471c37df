#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edge-node/http/message.h"

namespace meridian::http {

/// Takes a body out of a connection's bytes (RFC 9112 sections 6 and 7). Pure. Trailers and chunk
/// extensions are checked, bounded and dropped.
class BodyDecoder {
 public:
  explicit BodyDecoder(const Framing& framing);

  struct Step {
    std::size_t consumed = 0;  // bytes of the input that are dealt with
    std::string_view data;     // the part of them that belongs to the body; sees the input
  };
  /// Goes on until there is data or the input is used up. Call again with the rest.
  Step step(std::string_view input);

  bool done() const { return state_ == State::done; }
  bool failed() const { return state_ == State::failed; }
  /// The connection ended. True: so does the body, and it is whole.
  bool end_of_input();

 private:
  enum class State : std::uint8_t {
    length,
    until_close,
    size,
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
  State on_framing(char c);
  State on_trailer(char c);

  State state_;
  std::uint64_t rest_ = 0;        // bytes left of the body or chunk
  int digits_ = 0;                // of the chunk size so far
  std::size_t overhead_ = 0;      // bytes of this chunk's extension, or of all trailers
  std::size_t trailer_line_ = 0;  // bytes of this trailer line
};

}  // namespace meridian::http
