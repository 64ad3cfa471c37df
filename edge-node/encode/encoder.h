#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "edge-node/encode/coding.h"

namespace meridian::edge {

/// How much CPU a byte is worth. What is sent once, as it passes through, is made smaller at little
/// cost; what is kept and sent often may cost several times as much, once.
enum class Effort : std::uint8_t { passing, kept };

/// Encodes one body, piece by piece. Its memory is bounded whatever the body: windows are at most
/// 256 KiB, so that an encoder takes from 0.3 to about 3 MiB, gzip least, brotli most. One thread.
class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Appends to `out` what `input` becomes; often nothing yet. False: out of memory; the body
  /// cannot be ended properly any more.
  [[nodiscard]] virtual bool write(std::string_view input, std::string& out) = 0;
  /// Appends what the visitor needs to read all that was written so far.
  [[nodiscard]] virtual bool flush(std::string& out) = 0;
  /// Appends the end. Nothing follows.
  [[nodiscard]] virtual bool finish(std::string& out) = 0;
};

/// Null: out of memory, or `coding` is identity.
std::unique_ptr<Encoder> make_encoder(Coding coding, Effort effort);

}  // namespace meridian::edge
