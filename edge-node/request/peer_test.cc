#include "edge-node/request/peer.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(Peer, ReadsWhatItWrites) {
  for (const auto* client : {"192.0.2.7", "2001:db8::7"})
    for (const bool tls : {false, true})
      for (const auto* sticky : {"", "a=b"}) {
        const PeerRequest written{.purges = 18446744073709551615u,
                                  .tls = tls,
                                  .client = parse_address(client).value(),
                                  .sticky = sticky};
        const auto read = parse_peer_request(write_peer_request(written));
        ASSERT_TRUE(read) << write_peer_request(written);
        EXPECT_EQ(read->purges, written.purges);
        EXPECT_EQ(read->tls, tls);
        EXPECT_EQ(read->client, written.client);
        EXPECT_EQ(read->sticky, sticky);
      }
}

TEST(Peer, HandsOnWhatRulesSayOfTheCache) {
  PeerRequest written{.client = parse_address("192.0.2.7").value(), .sticky = ""};
  written.cache.ttl = std::chrono::seconds(60);
  written.cache.stale_if_error = std::chrono::seconds(0);
  const auto read = parse_peer_request(write_peer_request(written));
  ASSERT_TRUE(read) << write_peer_request(written);
  EXPECT_EQ(read->cache.ttl, std::chrono::seconds(60));
  EXPECT_EQ(read->cache.stale_while_revalidate, std::nullopt);
  EXPECT_EQ(read->cache.stale_if_error, std::chrono::seconds(0));
}

TEST(Peer, PassesOverWhatALaterVersionAdds) {
  const auto read = parse_peer_request("later=x;purges=3; scheme=http; client=192.0.2.7;more=");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->purges, 3u);
}

TEST(Peer, TakesNothingThatIsMalformedOrNotWhole) {
  for (const auto* text :
       {"", "x", "purges=3;scheme=https", "purges=3;client=192.0.2.7",
        "scheme=https;client=192.0.2.7", "purges=;scheme=https;client=192.0.2.7",
        "purges=-1;scheme=https;client=192.0.2.7", "purges=3x;scheme=https;client=192.0.2.7",
        "purges=18446744073709551616;scheme=https;client=192.0.2.7",
        "purges=3;scheme=ftp;client=192.0.2.7", "purges=3;scheme=https;client=shop",
        "purges=3;;scheme=https", "purges=3;scheme=https;client=192.0.2.7;ttl=-1"})
    EXPECT_FALSE(parse_peer_request(text)) << text;
}

}  // namespace
}  // namespace meridian::edge
