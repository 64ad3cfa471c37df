#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "edge-node/testing/authority.h"
#include "edge-node/testing/world.h"

namespace meridian::edge::testing {

/// An edge in par, the shield, and two elsewhere, which belong to one fleet.
struct Fleet {
  explicit Fleet(const std::vector<const Origin*>& origins,
                 const std::function<void(EdgeOptions&)>& change_shield = {})
      : shield(std::make_unique<World>(origins, change_shield)), sin(origins), nyc(origins) {
    shield->node = "par-1";
    shield->location = "par";
    sin.node = "sin-1";
    sin.location = "sin";
    nyc.node = "nyc-1";
    nyc.location = "nyc";
    v1::Node par;
    par.set_role(v1::ROLE_EDGE);
    par.set_location("par");
    par.add_addresses("127.0.0.1");
    par.set_https_port(shield->https_port());
    for (World* world : all()) {
      world->pool.mutable_shield()->set_location("par");
      if (world != shield.get()) world->others = {{"par-1", par}};
      world->edge().use_identity(authority.issue(v1::ROLE_EDGE, world->node));
    }
    apply();
  }
  std::vector<World*> all() { return {shield.get(), &sin, &nyc}; }
  void apply() {
    for (World* world : all()) EXPECT_TRUE(world->apply());
  }
  /// The site's configuration is changed everywhere.
  void change(const std::function<void(World&)>& how) {
    for (World* world : all()) how(*world);
    apply();
  }

  Authority authority;
  std::unique_ptr<World> shield;
  World sin, nyc;
};

}  // namespace meridian::edge::testing
