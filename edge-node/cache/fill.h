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
class Fill {
 public:
  enum class State : std::uint8_t {
    waiting,    // no head yet
    streaming,  // head is there, body is coming
    done,
    failed,      // broke off; with no head: nothing came at all
    not_shared,  // what came is not for the cache: each reader goes to the origin by itself
  };

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
  /// False: a window that is full; the writer is told when it moves on.
  bool has_room() const;
  bool has_readers() const { return readers() > 0; }
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
    Reader(std::shared_ptr<Fill> fill, FillListener& listener);
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
    std::size_t position_ = 0;  // chunks that it has had
    bool too_late_ = false;     // for the beginning: State::not_shared
  };

 private:
  static constexpr std::size_t kWindowBytes = 1 << 20;
  void wake_readers();
  void drop_read();

  const Purpose purpose_;
  Contender contender_;  // the writer's

  mutable std::mutex mutex_;
  State state_ = State::waiting;
  StoredHeadPtr head_;
  std::optional<std::uint64_t> length_;
  std::vector<ChunkPtr> chunks_;
  std::size_t dropped_ = 0;  // chunks before chunks_[0]
  std::size_t buffered_bytes_ = 0;
  bool keeps_ = true;
  int failure_status_ = 502;
  FillListener* writer_ = nullptr;
  std::vector<Reader*> readers_;
};
using FillPtr = std::shared_ptr<Fill>;

}  // namespace meridian::edge
