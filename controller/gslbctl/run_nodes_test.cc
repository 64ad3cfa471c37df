#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/gslbctl/client.h"
#include "controller/gslbctl/test_operator.h"

// What operators are told when they take out nodes, or ask for what is not there.
namespace meridian::gslbctl {
namespace {

using control::TestNode;
using testing::HasSubstr;

TEST_F(Operator, IsWarnedWhenTheLastEdgeIsDrained) {
  declare_shop();
  EXPECT_EQ(gslbctl({"node", "drain", "e2"}).code, 0);
  const auto last = gslbctl({"node", "drain", "e1"});
  EXPECT_EQ(last.code, 0) << "it is done all the same";
  EXPECT_THAT(last.out, HasSubstr("Node e1 is drained"));
  EXPECT_EQ(last.err,
            "warning: no other edge is up that serves www: DNS goes on answering with e1\n");
  EXPECT_EQ(gslbctl({"node", "drain", "e9"}).code, 1);
}

TEST_F(Operator, IsWarnedWhenADocumentPutsADrainedNodeBackIntoService) {
  declare_shop();
  const auto document = gslbctl({"get", "node", "e1", "-o", "yaml"}).out;
  ASSERT_EQ(gslbctl({"node", "drain", "e1"}).code, 0);
  const std::string warning =
      "warning: puts e1 back into service: it was drained, and its document does not say "
      "`drained: true`\n";
  EXPECT_EQ(gslbctl({"apply", "--dry-run", "-f", "-"}, document).err, warning);
  const auto applied = apply(document);
  EXPECT_EQ(applied.code, 0);
  EXPECT_EQ(applied.err, warning);
  EXPECT_EQ(apply(document).err, "") << "it is in service already";
}

TEST_F(Operator, IsToldThatDrainingADnsNodeIsAMarkOnly) {
  declare_shop();
  const auto drained = gslbctl({"node", "drain", "d1"});
  EXPECT_EQ(drained.code, 0) << drained.err;
  EXPECT_EQ(drained.err, "");
  EXPECT_THAT(drained.out, HasSubstr("Node d1 is drained, which is a mark only: it answers"));
  EXPECT_EQ(gslbctl({"node", "drain", "d1", "--watch"}).code, 2);
}

TEST_F(Operator, IsToldThatADnsNodeExplainsNoRequests) {
  declare_shop();
  const auto asked =
      gslbctl({"explain-request", "https://www.shop.example/", "--client", "::1", "--node", "d1"});
  EXPECT_EQ(asked.code, 2);
  EXPECT_THAT(asked.err, HasSubstr("d1 is a DNS node: name an edge"));
  EXPECT_THAT(
      gslbctl({"explain-request", "https://www.shop.example/", "--client", "::1", "--node", "e1"})
          .err,
      HasSubstr("the edge node 'e1' is not connected"));
  for (const auto* url : {"www.shop.example/", "/a", "https://"})
    EXPECT_EQ(gslbctl({"explain-request", url, "--client", "::1"}).code, 2) << url;
}

TEST_F(Operator, IsToldThatItIsNotKnownWhetherAChangeWasMade) {
  const Settings settings{world_.address(), (world_.directory() / "admin").string()};
  auto client = Client::make(settings, -std::chrono::hours(1));  // over before it begins
  ASSERT_TRUE(client);
  const auto applied = client->apply({});
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().exit, Exit::unreachable);
  EXPECT_EQ(applied.error().what, "the controller at " + world_.address() +
                                      " did not answer in time: it is not known whether the change "
                                      "was made");
  EXPECT_EQ(applied.error().advice, "`gslbctl history` shows it if it was");
  v1::ApplyRequest tried;
  tried.set_dry_run(true);
  const auto reason =
      "cannot reach the controller at " + world_.address() + ": it did not answer in time";
  EXPECT_EQ(client->apply(tried).error().what, reason);
  EXPECT_EQ(client->nodes().error().what, reason);
}

TEST_F(Operator, IsWarnedOfAPurgeThatIsOfNoSite) {
  declare_shop();
  const auto strange = gslbctl({"purge", "https://www.Other.example/x", "--wait", "0s"});
  EXPECT_EQ(strange.code, 3) << "no edge is connected";
  EXPECT_EQ(strange.err, "warning: no site serves www.other.example\n");
  EXPECT_EQ(gslbctl({"purge", "https://WWW.shop.example/x", "--wait", "0s"}).err, "");
}

}  // namespace
}  // namespace meridian::gslbctl
