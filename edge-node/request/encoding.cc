#include "edge-node/request/encoding.h"

#include <algorithm>
#include <utility>

#include "edge-node/request/context.h"
#include "edge-node/rules/glob.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kKeptChunkBytes = 64 * 1024;
/// A form of a larger body takes too long to be made in one go: it is encoded as it passes, by
/// each.
constexpr std::uint64_t kMostKeptBytes = 8 << 20;

const Compression* compression_of(const Transaction& t) {
  // For a visitor of another edge that one encodes.
  if (!t.site || t.peer || t.site->delivery.compression.codings.empty()) return nullptr;
  return &t.site->delivery.compression;
}

/// The path may be encoded, and the visitor does not forbid it (RFC 9111 section 5.2.1.6).
bool may_transform(Transaction& t, const Compression& compression) {
  const auto path = t.request().path();
  const auto& except = compression.except_paths;
  return std::none_of(except.begin(), except.end(),
                      [&](const auto& glob) { return glob_matches(glob, path); }) &&
         !t.request().fields.has_word("cache-control", "no-transform");
}

Coding wanted_coding(Transaction& t, const Compression& compression) {
  return choose_coding(t.request().fields.combined("accept-encoding"), compression.codings);
}

}  // namespace

std::optional<std::string_view> AnswerEncoding::encode(std::string_view piece) {
  made_.clear();
  if (!encoder_->write(piece, made_)) return std::nullopt;
  if (flush_ == Flush::each_piece && !encoder_->flush(made_)) return std::nullopt;
  gather(false);
  return made_;
}

std::optional<std::string_view> AnswerEncoding::end() {
  if (ended_) return made_;
  made_.clear();
  if (!encoder_->finish(made_)) return std::nullopt;
  gather(true);
  ended_ = true;
  return made_;
}

void AnswerEncoding::gather(bool last) {
  if (!cache_) return;
  gathered_ += made_;
  if (gathered_.empty() || (!last && gathered_.size() < kKeptChunkBytes)) return;
  auto chunk = cache_->make_chunk(gathered_);
  if (!chunk) {
    cache_ = nullptr;  // no room: the visitor gets it all the same
    body_ = {};
    return;
  }
  body_.bytes += gathered_.size();
  body_.chunks.push_back(std::move(chunk));
  gathered_.clear();
}

std::shared_ptr<const EncodedBody> AnswerEncoding::kept() {
  if (!cache_ || !ended_) return nullptr;
  auto charge =
      cache_->reserve(EncodedBody::kOverheadBytes + body_.chunks.size() * sizeof(ChunkPtr));
  if (!charge) return nullptr;
  body_.charge = std::move(*charge);
  return std::make_shared<const EncodedBody>(std::move(body_));
}

void begin_encoding(Transaction& t, int status, http::Fields& fields, http::Framing& framing) {
  using Kind = http::Framing::Kind;
  const auto* compression = compression_of(t);
  if (!compression) return;
  std::optional<std::uint64_t> length;
  if (framing.kind == Kind::length) length = framing.length;
  if (framing.kind == Kind::none) length = 0;
  if (!is_compressible(*compression, status, fields, length) || !may_transform(t, *compression))
    return;
  mark_negotiated(fields);
  const auto coding = wanted_coding(t, *compression);
  if (coding == Coding::identity) return;
  if (t.encoded_bytes) {  // by a form that is kept
    mark_encoded(fields, coding);
    framing = {Kind::length, *t.encoded_bytes};
    return;
  }
  if (t.request().method != "HEAD") {
    auto encoder = make_encoder(coding, t.effort);
    if (!encoder) return;  // out of memory: as it is
    const auto flush = framing.kind == Kind::until_close ? AnswerEncoding::Flush::each_piece
                                                         : AnswerEncoding::Flush::at_the_end;
    t.encoding = std::make_unique<AnswerEncoding>(std::move(encoder), flush);
  }
  mark_encoded(fields, coding);
  framing = {Kind::until_close, 0};
}

void mark_not_modified(Transaction& t, int status, http::Fields& fields) {
  const auto* compression = compression_of(t);
  if (!compression || !is_compressible(*compression, status, fields, std::nullopt) ||
      !may_transform(t, *compression))
    return;
  mark_negotiated(fields);
  const auto coding = wanted_coding(t, *compression);
  if (coding == Coding::identity) return;
  mark_encoded(fields, coding);
  fields.erase("content-encoding");  // a 304 describes no body
}

EncodedHit::EncodedHit(Transaction& t, const Object& object, bool whole) : t_(t), object_(object) {
  const auto* compression = compression_of(t);
  if (!compression || !whole || t.request().method == "HEAD") return;
  const auto& head = *object_.head;
  if (!is_compressible(*compression, head.status, head.fields, object_.body_bytes) ||
      !may_transform(t, *compression))
    return;
  const auto coding = wanted_coding(t, *compression);
  if (coding == Coding::identity) return;
  form_ = object_.encoded.find(coding);
  if (form_) {
    t.encoded_bytes = form_->bytes;
    t.worker.counters.encoded_hits.add();
  } else if (object_.body_bytes <= kMostKeptBytes && object_.encoded.claim(coding)) {
    claimed_ = coding;
    t.effort = Effort::kept;
  }
}

EncodedHit::~EncodedHit() {
  if (claimed_ != Coding::identity) object_.encoded.give_up(claimed_);
}

const std::vector<ChunkPtr>& EncodedHit::chunks() const {
  if (form_) return form_->chunks;
  if (claimed_ != Coding::identity && t_.encoding) t_.encoding->keep_in(t_.worker.cache);
  return object_.body;
}

void EncodedHit::keep() {
  if (claimed_ == Coding::identity || !t_.encoding || !t_.encoding->end()) return;
  if (auto body = t_.encoding->kept())
    object_.encoded.publish(std::exchange(claimed_, Coding::identity), std::move(body));
}

}  // namespace meridian::edge
