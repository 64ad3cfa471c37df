#include "edge-node/cache/purge.h"

#include <algorithm>
#include <mutex>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "edge-node/cache/key.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// Each kind of name its own hash: a tag is no URL.
std::uint64_t hash(PurgeKind kind, std::string_view name) {
  return XXH3_64bits_withSeed(name.data(), name.size(), static_cast<std::uint64_t>(kind));
}

bool is_visible(std::string_view tag) {
  return std::all_of(tag.begin(), tag.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u != 0x7f;
  });
}

void add_tags(std::string_view list, std::string_view separators, PurgeNames& names) {
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find_first_of(separators, at), list.size());
    const auto tag = http::trim(list.substr(at, end - at));
    at = end + 1;
    // No purge can name what is longer (distribution.proto).
    if (tag.empty() || tag.size() > PurgeNames::kMaxTagBytes || !is_visible(tag)) continue;
    if (names.tags.size() == PurgeNames::kMaxTags) {
      names.too_many_tags = true;
      return;
    }
    names.tags.push_back(purge_tag_hash(names.site, tag));
  }
}

}  // namespace

std::uint64_t purge_site_hash(std::string_view site) { return hash(PurgeKind::site, site); }
std::uint64_t purge_tag_hash(std::uint64_t site, std::string_view tag) {
  return hash(PurgeKind::tag, tag) ^ site;
}
std::uint64_t purge_url_hash(std::string_view url) { return hash(PurgeKind::url, url); }
std::uint64_t purge_prefix_hash(std::string_view prefix) { return hash(PurgeKind::prefix, prefix); }

PurgeNames make_purge_names(std::uint64_t site, const http::Fields& response) {
  PurgeNames names;
  names.site = site;
  if (response.has("surrogate-key")) add_tags(response.combined("surrogate-key"), " ,\t", names);
  if (response.has("cache-tag")) add_tags(response.combined("cache-tag"), ",", names);
  return names;
}

void Purges::Floor::raise(const Floor& other) {
  hard = std::max(hard, other.hard);
  soft = std::max(soft, other.soft);
}

void Purges::Floor::raise(Purged how, std::uint64_t generation) {
  auto& floor = how == Purged::soft ? soft : hard;
  floor = std::max(floor, generation);
}

Purges::Purges(Limits limits) : limits_(limits) {}

Purged Purges::judge(std::uint64_t born, const PurgeNames& names, std::string_view key) const {
  Floor floor = everything_;
  const auto look_in = [&floor](const Table& table, std::uint64_t name) {
    if (const auto found = table.noted.find(name); found != table.noted.end())
      floor.raise(found->second.floor);
  };
  if (const auto site = sites_.find(names.site); site != sites_.end()) {
    floor.raise(site->second.all);
    if (names.too_many_tags) floor.raise(site->second.any_tag);
  }
  const auto url = url_part(key);
  if (!urls_.noted.empty()) look_in(urls_, purge_url_hash(url));
  for (const auto& [bytes, count] : prefix_lengths_) {
    if (bytes > url.size()) break;
    look_in(prefixes_, purge_prefix_hash(url.substr(0, bytes)));
  }
  for (const auto tag : names.tags) look_in(tags_, tag);
  if (born < floor.hard) return Purged::hard;
  return born < floor.soft ? Purged::soft : Purged::no;
}

Purged Purges::check(std::uint64_t born, const PurgeNames& names, std::string_view key) const {
  if (born >= generation()) return Purged::no;
  const std::shared_lock lock(mutex_);
  return judge(born, names, key);
}

Purged Purges::check_again(std::uint64_t born, const PurgeNames& names, std::string_view key,
                           const PurgeMemo& memo) const {
  const std::shared_lock lock(mutex_);
  const auto found = judge(born, names, key);
  memo.store((generation() + 1) << 2 | static_cast<std::uint64_t>(found));
  return found;
}

std::uint64_t Purges::next_generation(std::uint64_t sequence) const {
  return std::max(sequence, generation() + 1);
}

Purges::SiteFloors* Purges::floors_of(std::uint64_t site) {
  if (site == 0) return nullptr;
  if (const auto found = sites_.find(site); found != sites_.end()) return &found->second;
  return sites_.size() < limits_.sites ? &sites_[site] : nullptr;
}

void Purges::widen_oldest(Table& table) {
  widened_.fetch_add(1, std::memory_order_relaxed);
  const auto oldest = table.noted.find(table.order.front());
  const Noted& noted = oldest->second;
  if (auto* site = floors_of(noted.site))
    site->all.raise(noted.floor);
  else
    everything_.raise(noted.floor);
  if (noted.prefix_bytes > 0) {
    const auto length = prefix_lengths_.find(noted.prefix_bytes);
    if (--length->second == 0) prefix_lengths_.erase(length);
  }
  table.noted.erase(oldest);
  table.order.pop_front();
}

void Purges::note(Table& table, std::size_t most, const PurgeMark& mark) {
  auto found = table.noted.find(mark.name);
  if (found == table.noted.end()) {
    if (table.noted.size() >= most) widen_oldest(table);
    found = table.noted.emplace(mark.name, Noted()).first;
    found->second.place = table.order.insert(table.order.end(), mark.name);
    found->second.prefix_bytes = mark.prefix_bytes;
    if (mark.prefix_bytes > 0) ++prefix_lengths_[mark.prefix_bytes];
  }
  Noted& noted = found->second;
  noted.floor.raise(mark.how, mark.generation);
  noted.site = mark.site;
  table.order.splice(table.order.end(), table.order, noted.place);
}

void Purges::add(const PurgeMark& mark) {
  const std::unique_lock lock(mutex_);
  switch (mark.kind) {
    case PurgeKind::everything:
      everything_.raise(mark.how, mark.generation);
      break;
    case PurgeKind::site:
      if (auto* site = floors_of(mark.site)) {
        site->all.raise(mark.how, mark.generation);
      } else {
        widened_.fetch_add(1, std::memory_order_relaxed);
        everything_.raise(mark.how, mark.generation);
      }
      break;
    case PurgeKind::url:
      note(urls_, limits_.urls, mark);
      break;
    case PurgeKind::prefix:
      note(prefixes_, limits_.prefixes, mark);
      break;
    case PurgeKind::tag:
      if (mark.name != 0) note(tags_, limits_.tags, mark);  // 0: any tag, from marks()
      if (auto* site = floors_of(mark.site))
        site->any_tag.raise(mark.how, mark.generation);
      else
        everything_.raise(mark.how, mark.generation);
      break;
  }
  // Last: who reads the new generation and looks again finds what belongs to it.
  generation_.store(std::max(generation(), mark.generation), std::memory_order_release);
}

void Purges::add_everything() {
  add({.kind = PurgeKind::everything, .how = Purged::hard, .generation = next_generation(0)});
}

void Purges::append_marks(PurgeMark mark, const Floor& floor, std::vector<PurgeMark>& marks) {
  for (const auto& [how, generation] :
       {std::pair(Purged::hard, floor.hard), std::pair(Purged::soft, floor.soft)}) {
    if (generation == 0) continue;
    mark.how = how;
    mark.generation = generation;
    marks.push_back(mark);
  }
}

std::vector<PurgeMark> Purges::marks() const {
  const std::shared_lock lock(mutex_);
  std::vector<PurgeMark> marks;
  append_marks({.kind = PurgeKind::everything}, everything_, marks);
  for (const auto& [site, floors] : sites_) {
    append_marks({.kind = PurgeKind::site, .site = site}, floors.all, marks);
    append_marks({.kind = PurgeKind::tag, .site = site}, floors.any_tag, marks);
  }
  const auto append_table = [&marks](PurgeKind kind, const Table& table) {
    for (const auto name : table.order) {
      const Noted& noted = table.noted.at(name);
      append_marks(
          {.kind = kind, .site = noted.site, .name = name, .prefix_bytes = noted.prefix_bytes},
          noted.floor, marks);
    }
  };
  append_table(PurgeKind::url, urls_);
  append_table(PurgeKind::prefix, prefixes_);
  append_table(PurgeKind::tag, tags_);
  return marks;
}

std::size_t Purges::noted() const {
  const std::shared_lock lock(mutex_);
  return urls_.noted.size() + prefixes_.noted.size() + tags_.noted.size();
}

}  // namespace meridian::edge
