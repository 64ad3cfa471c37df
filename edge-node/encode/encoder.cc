#include "edge-node/encode/encoder.h"

#include <array>
#include <cstdint>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

namespace meridian::edge {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

// Levels. Passing: the cheapest that earn their place; of pages and sources they leave 36, 32 and
// 33 percent, at 80, 100 and 290 MB/s of one core here. Kept: where the curves bend; they leave 30,
// 28 and 29 percent at 20, 20 and 65 MB/s, and a step further is worth less than half a percent.
constexpr int kGzipPassing = 1, kGzipKept = 6;
constexpr int kBrotliPassing = 2, kBrotliKept = 5;
constexpr int kZstdPassing = 1, kZstdKept = 6;

constexpr int kGzipWindowBits = 15 + 16;  // 32 KiB; 16: with gzip's header and trailer (RFC 1952)
constexpr int kGzipMemory = 8;
constexpr int kBrotliWindowBits = 18;
constexpr int kZstdWindowBits = 18;  // what RFC 9659 allows is 23

class GzipEncoder final : public Encoder {
 public:
  GzipEncoder() = default;
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;
  ~GzipEncoder() override {
    if (ready_) deflateEnd(&stream_);
  }

  bool start(int level) {
    ready_ = deflateInit2(&stream_, level, Z_DEFLATED, kGzipWindowBits, kGzipMemory,
                          Z_DEFAULT_STRATEGY) == Z_OK;
    return ready_;
  }

  bool write(std::string_view input, std::string& out) override {
    // zlib only reads it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    return run(Z_NO_FLUSH, out);
  }
  bool flush(std::string& out) override { return run(Z_SYNC_FLUSH, out); }
  bool finish(std::string& out) override { return run(Z_FINISH, out); }

 private:
  bool run(int mode, std::string& out) {
    std::array<char, kPieceBytes> piece;
    int result = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = piece.size();
      result = deflate(&stream_, mode);
      if (result == Z_STREAM_ERROR) return false;
      out.append(piece.data(), piece.size() - stream_.avail_out);
    } while (stream_.avail_out == 0 || (mode == Z_FINISH && result == Z_OK));
    return mode != Z_FINISH || result == Z_STREAM_END;
  }

  z_stream stream_{};
  bool ready_ = false;
};

class BrotliEncoder final : public Encoder {
 public:
  explicit BrotliEncoder(int quality)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) return;
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY,
                              static_cast<std::uint32_t>(quality));
    BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, kBrotliWindowBits);
  }
  bool is_ready() const { return state_ != nullptr; }

  bool write(std::string_view input, std::string& out) override {
    return run(BROTLI_OPERATION_PROCESS, input, out);
  }
  bool flush(std::string& out) override { return run(BROTLI_OPERATION_FLUSH, {}, out); }
  bool finish(std::string& out) override { return run(BROTLI_OPERATION_FINISH, {}, out); }

 private:
  struct Free {
    void operator()(BrotliEncoderState* state) const { BrotliEncoderDestroyInstance(state); }
  };

  bool run(BrotliEncoderOperation operation, std::string_view input, std::string& out) {
    std::size_t available = input.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(input.data());
    for (;;) {
      std::size_t no_room = 0;  // its own buffer is taken below, without a copy in between
      if (!BrotliEncoderCompressStream(state_.get(), operation, &available, &next, &no_room,
                                       nullptr, nullptr))
        return false;
      std::size_t size = 0;
      const auto* made = BrotliEncoderTakeOutput(state_.get(), &size);
      if (size > 0) out.append(reinterpret_cast<const char*>(made), size);
      if (available == 0 && !BrotliEncoderHasMoreOutput(state_.get())) return true;
    }
  }

  std::unique_ptr<BrotliEncoderState, Free> state_;
};

class ZstdEncoder final : public Encoder {
 public:
  explicit ZstdEncoder(int level) : context_(ZSTD_createCCtx()) {
    if (!context_) return;
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kZstdWindowBits);
  }
  bool is_ready() const { return context_ != nullptr; }

  bool write(std::string_view input, std::string& out) override {
    return run(ZSTD_e_continue, input, out);
  }
  bool flush(std::string& out) override { return run(ZSTD_e_flush, {}, out); }
  bool finish(std::string& out) override { return run(ZSTD_e_end, {}, out); }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  bool run(ZSTD_EndDirective mode, std::string_view input, std::string& out) {
    std::array<char, kPieceBytes> piece;
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    for (;;) {
      ZSTD_outBuffer made{piece.data(), piece.size(), 0};
      const auto left = ZSTD_compressStream2(context_.get(), &made, &in, mode);
      if (ZSTD_isError(left)) return false;
      out.append(piece.data(), made.pos);
      const bool taken = in.pos == in.size;
      if (taken && (mode == ZSTD_e_continue || left == 0)) return true;
    }
  }

  std::unique_ptr<ZSTD_CCtx, Free> context_;
};

}  // namespace

std::unique_ptr<Encoder> make_encoder(Coding coding, Effort effort) {
  const bool kept = effort == Effort::kept;
  switch (coding) {
    case Coding::gzip: {
      auto encoder = std::make_unique<GzipEncoder>();
      if (!encoder->start(kept ? kGzipKept : kGzipPassing)) return nullptr;
      return encoder;
    }
    case Coding::br: {
      auto encoder = std::make_unique<BrotliEncoder>(kept ? kBrotliKept : kBrotliPassing);
      if (!encoder->is_ready()) return nullptr;
      return encoder;
    }
    case Coding::zstd: {
      auto encoder = std::make_unique<ZstdEncoder>(kept ? kZstdKept : kZstdPassing);
      if (!encoder->is_ready()) return nullptr;
      return encoder;
    }
    case Coding::identity:
      break;
  }
  return nullptr;
}

}  // namespace meridian::edge
