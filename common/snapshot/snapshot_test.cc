#include "common/snapshot/snapshot.h"

#include <functional>
#include <set>

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(SnapshotHash, TellsEveryListFromEveryOther) {
  const std::vector<std::function<void(v1::Snapshot&)>> changes{
      [](v1::Snapshot&) {},
      [](v1::Snapshot& s) { s.add_resources("x"); },
      [](v1::Snapshot& s) { s.add_cookie_secrets("x"); },
      [](v1::Snapshot& s) { s.add_zone_keys("x"); },
      [](v1::Snapshot& s) { s.add_edge_secrets("x"); },
      [](v1::Snapshot& s) { s.add_edge_secrets("y"); },
      [](v1::Snapshot& s) {
        s.add_edge_secrets("x");
        s.add_edge_secrets("");
      }};
  std::set<Sha256> hashes;
  for (const auto& change : changes) {
    v1::Snapshot snapshot;
    change(snapshot);
    hashes.insert(snapshot_hash(snapshot));
  }
  EXPECT_EQ(hashes.size(), changes.size());
}

TEST(SnapshotHash, IsOfTheContentsOnly) {
  v1::Snapshot a;
  a.add_resources("x");
  auto b = a;
  b.set_revision(9);
  b.set_node("edge-1");
  EXPECT_EQ(snapshot_hash(a), snapshot_hash(b));
}

}  // namespace
}  // namespace meridian
