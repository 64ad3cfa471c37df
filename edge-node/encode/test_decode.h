#pragma once

#include <array>
#include <string>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "edge-node/encode/coding.h"

namespace meridian::edge::testing {

/// What a visitor reads of `bytes`, which may be cut off after a flush.
inline std::string decode(Coding coding, const std::string& bytes) {
  std::string out;
  std::array<char, 4096> piece;
  if (coding == Coding::gzip) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    int result = Z_OK;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = piece.size();
      result = inflate(&stream, Z_SYNC_FLUSH);
      out.append(piece.data(), piece.size() - stream.avail_out);
    } while (result == Z_OK && stream.avail_out == 0);
    inflateEnd(&stream);
  } else if (coding == Coding::br) {
    auto* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    std::size_t in = bytes.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
    auto result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
      std::size_t room = piece.size();
      auto* into = reinterpret_cast<std::uint8_t*>(piece.data());
      result = BrotliDecoderDecompressStream(state, &in, &next, &room, &into, nullptr);
      out.append(piece.data(), piece.size() - room);
    }
    BrotliDecoderDestroyInstance(state);
  } else if (coding == Coding::zstd) {
    auto* context = ZSTD_createDCtx();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t made = piece.size();
    while (in.pos < in.size || made == piece.size()) {
      ZSTD_outBuffer room{piece.data(), piece.size(), 0};
      if (ZSTD_isError(ZSTD_decompressStream(context, &room, &in))) break;
      made = room.pos;
      out.append(piece.data(), made);
    }
    ZSTD_freeDCtx(context);
  } else {
    out = bytes;
  }
  return out;
}

}  // namespace meridian::edge::testing
