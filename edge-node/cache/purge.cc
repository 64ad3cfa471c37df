#include "edge-node/cache/purge.h"

namespace meridian::edge {

std::shared_ptr<SiteEpoch> PurgeEpochs::site(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto found = sites_.find(name); found != sites_.end())
    if (auto held = found->second.lock()) return held;
  std::erase_if(sites_, [](const auto& item) { return item.second.expired(); });
  auto fresh = std::make_shared<SiteEpoch>();
  fresh->valid_from.store(++current_);
  sites_[name] = fresh;
  return fresh;
}

}  // namespace meridian::edge
