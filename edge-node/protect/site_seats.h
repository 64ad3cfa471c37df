#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

#include "edge-node/protect/site_limits.h"

namespace meridian::edge {

/// What one connection holds of the limits of the sites that it asks for. One thread.
class SiteSeats {
  struct Site {
    std::uint64_t id;
    ClientCounts::Held connection;
    std::uint32_t requests = 0;  // under way
    bool entered = false;        // `connection` is what it holds
  };

 public:
  /// Sites with such limits that one connection may ask for.
  static constexpr std::size_t kMostSites = 64;

  /// The connection counts among those of `client` to the site `id` from now on. False: there are
  /// as many as there may be, or this one asks for too many sites.
  bool enter(std::uint64_t id, const ClientBound& bound, ClientCounts& counts,
             const IpAddress& client) {
    Site* const site = find(id);
    if (!site) return false;
    if (site->entered) return true;
    auto held = counts.take(bound, client);
    if (!held) return false;
    site->connection = std::move(*held);
    return site->entered = true;
  }

  /// A request that is under way. The seats outlive it.
  class Request {
   public:
    Request() = default;
    Request(Request&& other) noexcept : site_(std::exchange(other.site_, nullptr)) {}
    Request& operator=(Request&& other) noexcept {
      std::swap(site_, other.site_);
      return *this;
    }
    ~Request() {
      if (site_) --site_->requests;
    }
    explicit operator bool() const { return site_ != nullptr; }

   private:
    friend class SiteSeats;
    explicit Request(Site& site) : site_(&site) { ++site.requests; }
    Site* site_ = nullptr;
  };
  /// False: `most` requests of this connection to the site `id` are under way, or it asks for too
  /// many sites.
  Request begin(std::uint64_t id, std::uint32_t most) {
    Site* const site = find(id);
    return site && site->requests < most ? Request(*site) : Request();
  }

 private:
  /// Null: there are too many.
  Site* find(std::uint64_t id) {
    for (Site& site : sites_)
      if (site.id == id) return &site;
    if (sites_.size() >= kMostSites) return nullptr;
    sites_.push_front(Site{.id = id, .connection = {}});
    return &sites_.front();
  }

  std::list<Site> sites_;  // the newest first
};

}  // namespace meridian::edge
