#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "edge-node/request/context.h"

namespace meridian::edge {

/// Keeps the answer to a POST for GETs of the same URL, where the origin says that it is the answer
/// to these too: by an explicit lifetime, and a Content-Location that names the target (RFC 9110
/// section 9.3.3). Of other methods it keeps nothing. One thread.
class PostStore {
 public:
  /// Before the origin is asked: what changes, or is purged, from now on ends it.
  explicit PostStore(Transaction& t);
  PostStore(const PostStore&) = delete;
  PostStore& operator=(const PostStore&) = delete;
  /// Without end() nothing is stored.
  ~PostStore();

  /// What the answer would be stored by. Null: it will not be.
  const Fill* place() const { return place_.get(); }
  /// The answer as it came; then its body, and that this was all of it.
  void begin(const http::ResponseHead& response, const ExchangeTimes& times);
  void take(std::string_view bytes);
  void end();

 private:
  void give_up();

  Transaction& t_;
  CachePolicy policy_;
  FillPtr place_;
  StoredHeadPtr head_;  // null: it has not begun
  std::vector<ChunkPtr> body_;
  std::uint64_t bytes_ = 0;
};

}  // namespace meridian::edge
