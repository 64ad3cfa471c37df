#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/cache/eviction.h"
#include "edge-node/cache/key.h"
#include "edge-node/cache/object.h"

namespace meridian::edge {

/// Told, on any thread and under a lock, that there is news: it may only pass the word on.
class FillListener {
 public:
  virtual void on_progress() = 0;

 protected:
  ~FillListener() = default;
};

/// One fetch on behalf of the cache: one writer, any number of readers on any thread, who read
/// the body as it comes (DESIGN 8). It keeps the whole body, which becomes an object. When the
/// body outgrows what may be stored it turns into a window: chunks go when all readers have
/// them, and the writer waits for the slowest.
///
/// A window is as large as its readers are many. It holds more, which is charged to the cache, up
/// to kWindowBytes when a reader has had all and waits for others; and because of what was kept
/// before: of two bytes of that that are read one is replaced, so that an origin need not wait
/// until all are. Readers who hold up others for too long (Patience) are parted with; who is alone,
/// or as slow as the others, never is.
class Fill {
 public:
  enum class State : std::uint8_t {
    waiting,    // no head yet
    streaming,  // head is there, body is coming
    done,
    failed,      // broke off; with no head: nothing came at all
    not_shared,  // what came is not for the cache: each reader goes to the origin by itself
    parted,      // for one reader: it was too slow for the others, and gets no more
  };
  static constexpr std::size_t kWindowBytes = 1 << 20;
  static constexpr std::size_t kPieceBytes = 32 * 1024;  // of a window; larger ones are cut

  /// What it is for; `selected_by` and `vary` as far as known from earlier responses.
  struct Purpose {
    KeyPtr key{};
    std::uint64_t key_hash = 0;
    std::uint64_t site = 0;  // purge_site_hash()
    Vary vary{};
    std::string selected_by{};
    std::string part{};      // of the body that is asked for; empty: all of it
    std::uint64_t born = 0;  // Purges::generation() when it began
  };
  explicit Fill(Purpose purpose) : purpose_(std::move(purpose)) {
    contender_.hash = purpose_.key_hash;
  }

  const KeyPtr& key() const { return purpose_.key; }
  KeyRef key_ref() const { return {*purpose_.key, purpose_.key_hash}; }
  std::uint64_t site() const { return purpose_.site; }
  const Vary& vary() const { return purpose_.vary; }
  const std::string& selected_by() const { return purpose_.selected_by; }
  const std::string& part() const { return purpose_.part; }
  std::uint64_t born() const { return purpose_.born; }

  // The writer.
  void start(StoredHeadPtr head, std::optional<std::uint64_t> length);
  void append(ChunkPtr chunk);
  /// `failure_status`: what State::failed means for a visitor, 502 to 504.
  void end(State state, int failure_status = 502);
  /// From now on a window.
  void stop_keeping();
  /// What its writer sees of a window, and is told of when it changes for the better.
  struct Window {
    bool has_room = true;  // for the next chunk; always while the body is kept
    bool has_readers = true;
    bool is_large = false;     // larger than for the number of readers: that chunk is to be charged
    bool is_awaited = false;   // a reader has had all, and wants more
    std::uint64_t passed = 0;  // bytes that all readers have had
  };
  Window window() const;
  /// With those who have not come to the second half of what a window holds, for the sake of who
  /// has had all of it.
  void part_with_slowest();
  std::size_t readers() const;
  /// What the body has cost others in the cache.
  Contender& contender() { return contender_; }
  bool was_refused() const { return contender_.refused; }
  void set_writer(FillListener* writer);
  /// All chunks, while none was dropped.
  std::vector<ChunkPtr> chunks() const;

  /// A reader's place in a fill. Registers in the constructor, leaves in the destructor.
  class Reader {
   public:
    /// False: it is never parted with, however slow it is.
    Reader(std::shared_ptr<Fill> fill, FillListener& listener, bool may_be_parted = true);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    struct Next {
      State state = State::waiting;
      ChunkPtr chunk;  // null: nothing new now, or the end as `state` says
    };
    Next next();
    State state() const;
    /// From State::streaming on.
    StoredHeadPtr head() const;
    std::optional<std::uint64_t> length() const;
    int failure_status() const;

   private:
    friend class Fill;
    std::shared_ptr<Fill> fill_;
    FillListener& listener_;
    const bool may_be_parted_;
    std::size_t position_ = 0;         // chunks that it has had
    std::size_t index_ = 0;            // among Fill::readers_
    bool asked_ = false;               // for what comes behind the last chunk that it has had
    std::optional<State> apart_ = {};  // no reader of the fill any more, or never: why
  };

 private:
  /// A chunk, and how many readers take it next.
  struct Place {
    ChunkPtr chunk;
    std::size_t readers = 0;
  };
  void wake_readers();
  void drop_read();
  void leave(Reader& reader);
  std::size_t& readers_at(std::size_t position);
  std::size_t past_last() const { return first_ + chunks_.size(); }

  const Purpose purpose_;
  Contender contender_;  // the writer's

  mutable std::mutex mutex_;
  State state_ = State::waiting;
  StoredHeadPtr head_;
  std::optional<std::uint64_t> length_;
  std::vector<Place> chunks_;
  std::size_t first_ = 0;            // the position of chunks_[0] ...
  std::size_t dropped_ = 0;          // ... and of the first that is still there
  std::size_t at_end_ = 0;           // readers who have had all ...
  std::size_t waiting_ = 0;          // ... and have asked for more
  std::size_t buffered_bytes_ = 0;   // in chunks ...
  std::size_t uncharged_bytes_ = 0;  // ... without a charge
  std::size_t backlog_bytes_ = 0;    // that a window may hold because of what was kept
  std::uint64_t passed_bytes_ = 0;
  bool keeps_ = true;
  int failure_status_ = 502;
  FillListener* writer_ = nullptr;
  std::vector<Reader*> readers_;
};
using FillPtr = std::shared_ptr<Fill>;

}  // namespace meridian::edge
