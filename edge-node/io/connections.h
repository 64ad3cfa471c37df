#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <random>

#include "common/base/time.h"

namespace meridian::edge {

/// Visitors' connections of all workers. Any thread.
struct VisitorCounts {
  std::atomic<std::size_t> here{0};
  std::atomic<std::size_t> sent_away{0};  // of these, by Connections::send_away()
};

/// The visitors' connections of one worker: how many there are, and ways to end them. One thread.
class Connections {
 public:
  /// What a connection knows of itself. Its calls end nothing before they return.
  class Visit {
   public:
    /// Since when it has been between two requests. No value: it is within one.
    virtual std::optional<Instant> idle_since() const = 0;
    /// It is to end after its next answer, or now if it says nothing anyway. At least once.
    virtual void on_drain(Instant now) = 0;
    /// It is idle, and its place is needed: it ends, as politely as it can.
    virtual void on_send_away() = 0;

   protected:
    ~Visit() = default;
  };

  /// A connection's entry; leaves in the destructor.
  class Member {
   public:
    explicit Member(Connections& all) : all_(all), leaves_at_(all.leave_new_at_) {
      place_ = all_.members_.insert(all_.members_.end(), this);
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member();

    /// Null: nobody ends it from here.
    void set_visit(Visit* visit) { visit_ = visit; }
    /// The next answer is to be its last.
    bool is_leaving() const { return leaving_; }

   private:
    friend class Connections;
    Connections& all_;
    Visit* visit_ = nullptr;
    std::optional<Instant> leaves_at_;
    bool leaving_ = false;
    bool sent_away_ = false;
    std::list<Member*>::iterator place_;
  };

  /// A visitor that has said nothing for so long is hardly about to ask just as we close.
  static constexpr std::chrono::seconds kQuiet{2};

  /// `counts` outlives it.
  explicit Connections(VisitorCounts& counts) : counts_(counts) {}

  std::size_t size() const { return members_.size(); }
  /// Those that were sent away and are still here.
  std::size_t sent_away() const { return sent_away_; }

  /// Each is to leave at a moment of its own within `over`, by chance; who comes later, at once.
  void drain(Instant now, std::chrono::milliseconds over, std::mt19937_64& random);
  /// To be called often; while they drain, those whose moment has come are told, and end after
  /// their next answer, or now if none was asked for in a while.
  void let_go(Instant now);
  /// Ends up to `most` of those that have been idle since `before` or longer, the longest idle
  /// first among kLooks whose turn it is: what a call costs does not depend on how many there are.
  /// Nobody while they drain: each has its moment then. How many were.
  std::size_t send_away(std::size_t most, Instant before);

 private:
  static constexpr std::size_t kLooks = 512;

  VisitorCounts& counts_;
  std::list<Member*> members_;  // who was looked at last is last
  std::size_t sent_away_ = 0;
  std::optional<Instant> leave_new_at_;
};

/// How many connections may be sent away now for newcomers to find a place: there are `now` and
/// may be `most`, of which a sixteenth is kept free. Never more than that sixteenth, so that those
/// who come back do not come all at once. Pure.
std::size_t lacking_room(std::size_t now, std::size_t most);

}  // namespace meridian::edge
