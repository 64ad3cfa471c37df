#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "edge-node/http/fields.h"

/// Purges in O(1), however much is stored (DESIGN 5). Each purge is a *generation*: it notes its
/// number under what it names, and nothing else. Each fill notes the generation in which it
/// began; whoever finds a stored response compares. So a fill begun before a purge is purged too,
/// whenever it ends.
namespace meridian::edge {

enum class Purged : std::uint8_t {
  no,
  soft,  // stale since then, as if its lifetime were over
  hard,  // gone
};

enum class PurgeKind : std::uint8_t { everything, site, url, prefix, tag };

/// The names of sites, URLs and tags as purges compare them. The same for ever: they are stored.
std::uint64_t purge_site_hash(std::string_view site);
std::uint64_t purge_tag_hash(std::uint64_t site, std::string_view tag);
std::uint64_t purge_url_hash(std::string_view url_part);
std::uint64_t purge_prefix_hash(std::string_view prefix);

/// What a response is named by, in the eyes of purges.
struct PurgeNames {
  static constexpr std::size_t kMaxTags = 128;
  static constexpr std::size_t kMaxTagBytes = 128;

  std::uint64_t site = 0;           // purge_site_hash()
  std::vector<std::uint64_t> tags;  // purge_tag_hash()
  bool too_many_tags = false;       // any purge of a tag of its site names it
};
/// With the tags of `Surrogate-Key` (separated by spaces) and `Cache-Tag` (by commas).
PurgeNames make_purge_names(std::uint64_t site, const http::Fields& response);

/// One purge as it is noted. Numbers and a length, so that it can be stored.
struct PurgeMark {
  PurgeKind kind = PurgeKind::everything;
  Purged how = Purged::hard;
  std::uint64_t generation = 0;
  std::uint64_t site = 0;  // of what it names, if known; otherwise 0
  std::uint64_t name = 0;  // hash of URL, prefix or tag; of a tag 0: each
  std::uint32_t prefix_bytes = 0;
};

/// What one stored response was last found to be, and in which generation. Any thread.
class PurgeMemo {
 public:
  std::uint64_t load() const { return value_.load(std::memory_order_acquire); }
  void store(std::uint64_t value) const { value_.store(value, std::memory_order_release); }

 private:
  mutable std::atomic<std::uint64_t> value_{0};
};

/// All purges, as far as they can still concern anything. Its tables are bounded; what no longer
/// fits is widened, to the site or to everything, with the generation that it had: never
/// forgotten. Reading: any thread, and without a lock where nothing was purged since the last
/// time. Writing: one thread at a time.
class Purges {
 public:
  struct Limits {
    std::size_t sites = 100'000;
    std::size_t urls = 65'536;
    std::size_t prefixes = 4'096;
    std::size_t tags = 65'536;
  };
  explicit Purges(Limits limits);
  Purges() : Purges(Limits()) {}

  /// That of the newest purge: what a fill that begins now is born in.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// Of a response born in `born`. `key`: cache_key() and what follows.
  Purged check(std::uint64_t born, const PurgeNames& names, std::string_view key) const;
  /// The same, remembered in `memo`: one comparison, unless there was a purge since the last time.
  Purged check(std::uint64_t born, const PurgeNames& names, std::string_view key,
               const PurgeMemo& memo) const {
    const auto known = memo.load();
    if (known >> 2 == generation() + 1) return static_cast<Purged>(known & 3);
    return check_again(born, names, key, memo);
  }

  /// The generation for a purge with this place in the controller's log; 0: not from there.
  std::uint64_t next_generation(std::uint64_t sequence) const;
  /// In force for everybody when it returns.
  void add(const PurgeMark& mark);
  /// Nothing stored before counts.
  void add_everything();

  /// All that add() needs to come to the same state again.
  std::vector<PurgeMark> marks() const;

  std::uint64_t widened() const { return widened_.load(std::memory_order_relaxed); }
  /// URLs, prefixes and tags that are noted.
  std::size_t noted() const;

 private:
  /// The newest generations that purge.
  struct Floor {
    std::uint64_t hard = 0;
    std::uint64_t soft = 0;
    void raise(const Floor& other);
    void raise(Purged how, std::uint64_t generation);
  };
  struct Noted {
    Floor floor;
    std::uint64_t site = 0;
    std::uint32_t prefix_bytes = 0;
    std::list<std::uint64_t>::iterator place;
  };
  /// Oldest first.
  struct Table {
    std::unordered_map<std::uint64_t, Noted> noted;
    std::list<std::uint64_t> order;
  };
  struct SiteFloors {
    Floor all;
    Floor any_tag;
  };

  Purged check_again(std::uint64_t born, const PurgeNames& names, std::string_view key,
                     const PurgeMemo& memo) const;
  Purged judge(std::uint64_t born, const PurgeNames& names, std::string_view key) const;
  void note(Table& table, std::size_t most, const PurgeMark& mark);
  void widen_oldest(Table& table);
  SiteFloors* floors_of(std::uint64_t site);
  static void append_marks(PurgeMark mark, const Floor& floor, std::vector<PurgeMark>& marks);

  const Limits limits_;
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::uint64_t> widened_{0};
  mutable std::shared_mutex mutex_;  // the rest
  Floor everything_;
  std::unordered_map<std::uint64_t, SiteFloors> sites_;
  Table urls_, prefixes_, tags_;
  std::map<std::uint32_t, std::size_t> prefix_lengths_;  // how many prefixes are that long
};

}  // namespace meridian::edge
