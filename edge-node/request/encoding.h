#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/cache/ram_tier.h"
#include "edge-node/encode/encoder.h"
#include "edge-node/http/message.h"

namespace meridian::edge {

struct Transaction;

/// The content coding of one answer's body on its way to the visitor.
class AnswerEncoding {
 public:
  /// Of a body that comes as the origin makes it, each piece must reach the visitor at once.
  enum class Flush : bool { at_the_end, each_piece };
  AnswerEncoding(std::unique_ptr<Encoder> encoder, Flush flush)
      : encoder_(std::move(encoder)), flush_(flush) {}

  /// What to send for the next piece, until the next call; may be empty. Nothing: out of memory.
  std::optional<std::string_view> encode(std::string_view piece);
  /// What ends the body; the same however often it is asked for.
  std::optional<std::string_view> end();

  /// From now on what is made is gathered for the cache too.
  void keep_in(RamTier& cache) { cache_ = &cache; }
  /// All of it, after end(); null where there was no room.
  std::shared_ptr<const EncodedBody> kept();

 private:
  void gather(bool last);

  std::unique_ptr<Encoder> encoder_;
  Flush flush_;
  std::string made_;
  RamTier* cache_ = nullptr;
  std::string gathered_;  // not a chunk yet
  EncodedBody body_;
  bool ended_ = false;
};

/// At an answer's head, before it is sent: if its body is to be encoded for this visitor, says so
/// in `fields` and `framing` and sets `t.encoding`. Where only that depends on the visitor, says
/// that.
void begin_encoding(Transaction& t, int status, http::Fields& fields, http::Framing& framing);
/// The same for a 304, whose `fields` are those of the stored answer yet.
void mark_not_modified(Transaction& t, int status, http::Fields& fields);

/// A hit that is sent encoded: from the form that is kept beside the stored response, or by making
/// that form while it is sent, if nobody else does. Otherwise it changes nothing.
class EncodedHit {
 public:
  /// Before the head. `whole`: not a part, and not only that nothing has changed. Both outlive it.
  EncodedHit(Transaction& t, const Object& object, bool whole);
  EncodedHit(const EncodedHit&) = delete;
  EncodedHit& operator=(const EncodedHit&) = delete;
  /// Gives up a form that did not come to its end.
  ~EncodedHit();

  /// The body's pieces, encoded already if there is such a form.
  const std::vector<ChunkPtr>& chunks() const;
  /// After the last piece, before the visitor sees the end: the form is there for all others.
  void keep();

 private:
  Transaction& t_;
  const Object& object_;
  Coding claimed_ = Coding::identity;
  const EncodedBody* form_ = nullptr;  // of `object_`
};

}  // namespace meridian::edge
