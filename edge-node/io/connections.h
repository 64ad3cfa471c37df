#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <random>

#include "edge-node/net/stream.h"

namespace meridian::edge {

/// The visitors' connections of one worker: how many there are, and a way to end them. One thread.
class Connections {
 public:
  /// A connection that has its own way to leave.
  class Leaver {
   public:
    /// At least once.
    virtual void on_drain() = 0;

   protected:
    ~Leaver() = default;
  };

  /// A connection's entry; leaves in the destructor.
  class Member {
   public:
    Member(Connections& all, Stream& stream)
        : all_(all), stream_(stream), leaves_at_(all.leave_new_at_) {
      place_ = all_.members_.insert(all_.members_.end(), this);
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member() { all_.members_.erase(place_); }

    /// Between two requests, from then on. No value: within one.
    void set_idle_since(std::optional<Instant> since) { idle_since_ = since; }
    /// Asked to leave instead of being ended when idle. May be null.
    void set_leaver(Leaver* leaver) { leaver_ = leaver; }
    /// The next answer is to be its last.
    bool is_leaving() const { return leaving_; }

   private:
    friend class Connections;
    Connections& all_;
    Stream& stream_;
    Leaver* leaver_ = nullptr;
    std::optional<Instant> idle_since_;
    std::optional<Instant> leaves_at_;
    bool leaving_ = false;
    std::list<Member*>::iterator place_;
  };

  /// A visitor that has said nothing for so long is hardly about to ask just as we close.
  static constexpr std::chrono::seconds kQuiet{2};

  std::size_t size() const { return members_.size(); }

  /// Each is to leave at a moment of its own within `over`, by chance; who comes later, at once.
  void drain(Instant now, std::chrono::milliseconds over, std::mt19937_64& random) {
    leave_new_at_ = now;
    std::uniform_int_distribution<std::chrono::milliseconds::rep> moment(0, over.count());
    for (Member* member : members_)
      member->leaves_at_ = now + std::chrono::milliseconds(moment(random));
  }

  /// To be called often; while they drain, those whose moment has come are told, and end after
  /// their next answer, or now if none was asked for in a while.
  void let_go(Instant now) {
    if (!leave_new_at_) return;
    for (Member* member : members_) {
      if (!member->leaves_at_ || now < *member->leaves_at_) continue;
      member->leaving_ = true;
      if (member->leaver_)
        member->leaver_->on_drain();
      else if (member->idle_since_ && now - *member->idle_since_ >= kQuiet)
        member->stream_.cancel();
    }
  }

 private:
  std::list<Member*> members_;
  std::optional<Instant> leave_new_at_;
};

}  // namespace meridian::edge
