#pragma once

#include <cstddef>
#include <list>

#include "edge-node/net/stream.h"

namespace meridian::edge {

/// The visitors' connections of one worker: how many there are, and a way to end them. One thread.
class Connections {
 public:
  /// A connection that has its own way to leave.
  class Leaver {
   public:
    virtual void on_drain() = 0;

   protected:
    ~Leaver() = default;
  };

  /// A connection's entry; leaves in the destructor.
  class Member {
   public:
    Member(Connections& all, Stream& stream) : all_(all), stream_(stream) {
      place_ = all_.members_.insert(all_.members_.end(), this);
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member() { all_.members_.erase(place_); }

    /// Between two requests.
    void set_idle(bool idle) { idle_ = idle; }
    /// Asked to leave instead of being ended when idle. May be null.
    void set_leaver(Leaver* leaver) { leaver_ = leaver; }

   private:
    friend class Connections;
    Connections& all_;
    Stream& stream_;
    Leaver* leaver_ = nullptr;
    bool idle_ = false;
    std::list<Member*>::iterator place_;
  };

  std::size_t size() const { return members_.size(); }
  void end_idle() {
    for (Member* member : members_) {
      if (member->leaver_)
        member->leaver_->on_drain();
      else if (member->idle_)
        member->stream_.cancel();
    }
  }

 private:
  std::list<Member*> members_;
};

}  // namespace meridian::edge
