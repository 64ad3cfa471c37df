#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace meridian::edge {

/// Of one site: what was begun before `valid_from` is purged.
struct SiteEpoch {
  std::atomic<std::uint64_t> valid_from{0};
};

/// Generation counters by which purges work in O(1) (DESIGN 5): each fill notes the epoch in which
/// it began; a purge of a site or of everything starts a new epoch and moves `valid_from` there;
/// a lookup compares. Any thread.
class PurgeEpochs {
 public:
  std::uint64_t current() const { return current_.load(); }
  bool is_valid(std::uint64_t epoch, const SiteEpoch& site) const {
    return epoch >= site.valid_from.load() && epoch >= valid_from_.load();
  }

  void purge_everything() { valid_from_.store(++current_); }
  void purge_site(const std::string& name) { site(name)->valid_from.store(++current_); }

  /// The epoch of a site, the same object for as long as anybody holds it. A site that nobody
  /// held begins in a new epoch: what was stored for it long ago is not trusted again.
  std::shared_ptr<SiteEpoch> site(const std::string& name);

 private:
  std::atomic<std::uint64_t> current_{1};
  std::atomic<std::uint64_t> valid_from_{0};
  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<SiteEpoch>> sites_;
};

}  // namespace meridian::edge
