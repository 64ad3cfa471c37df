#include "edge-node/compile/compile_purge.h"

#include <algorithm>

#include "edge-node/cache/key.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/policy/key_parts.h"

namespace meridian::edge {
namespace {

/// A URL or prefix in all forms of keys. Keys without a query are under all of their queries.
Result<std::vector<PurgeMark>> name_urls(PurgeMark mark, const char* field, const std::string& text,
                                         const Snapshot& snapshot) {
  const auto url = http::parse_url(text);
  if (!url) return at(field, url.error());
  const Site* site = snapshot.find_site(url->host);
  if (site) mark.site = site->purge_name;
  const bool prefix = mark.kind == PurgeKind::prefix;
  std::vector<std::string> keys{cache_key(url->host, url->target, QueryPart::counts),
                                cache_key(url->host, url->target, QueryPart::ignored)};
  if (site) {
    // Without the parameters that do not count now; before, they may have.
    auto counting = key_target(url->target, site->cache);
    if (counting != url->target) keys.push_back(cache_key(url->host, counting, QueryPart::counts));
  }
  std::vector<PurgeMark> marks;
  for (auto& key : keys) {
    // A prefix ends before the query, in which the order of parameters is a matter of policy.
    if (prefix) key.resize(std::min(key.size(), key.find('?')));
    mark.name = prefix ? purge_prefix_hash(key) : purge_url_hash(key);
    mark.prefix_bytes = prefix ? static_cast<std::uint32_t>(key.size()) : 0;
    marks.push_back(mark);
  }
  return marks;
}

}  // namespace

Result<std::vector<PurgeMark>> compile_purge(const v1::Purge& purge, const Snapshot& snapshot,
                                             std::uint64_t generation) {
  PurgeMark mark;
  mark.how = purge.soft() ? Purged::soft : Purged::hard;
  mark.generation = generation;
  switch (purge.target_case()) {
    case v1::Purge::kEverything:
      mark.kind = PurgeKind::everything;
      break;
    case v1::Purge::kSite:
      mark.kind = PurgeKind::site;
      mark.site = purge_site_hash(purge.site());
      break;
    case v1::Purge::kUrl:
      mark.kind = PurgeKind::url;
      return name_urls(mark, "url", purge.url(), snapshot);
    case v1::Purge::kPrefix:
      mark.kind = PurgeKind::prefix;
      return name_urls(mark, "prefix", purge.prefix(), snapshot);
    case v1::Purge::kTag:
      mark.kind = PurgeKind::tag;
      mark.site = purge_site_hash(purge.tag().site());
      mark.name = purge_tag_hash(mark.site, purge.tag().tag());
      break;
    case v1::Purge::TARGET_NOT_SET:
      return Error("target", "is of a kind that is not known here");
  }
  return std::vector<PurgeMark>{mark};
}

}  // namespace meridian::edge
