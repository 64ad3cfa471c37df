// What a site decides about fields holds for all that goes to origins and visitors: beside heads,
// too, and in whatever spelling.
#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// A site with one rule: visitors do not see X-Internal, and X-Frame as it says.
class RuledFields : public ::testing::Test {
 protected:
  RuledFields() : origin_([this](const auto& request) { return answer_(request); }) {}

  v1::HeaderChanges& changes() {
    if (world_.rules.empty()) {
      world_.site.add_rules("headers");
      world_.rules.emplace_back("headers", v1::Rule());
    }
    return *world_.rules.front().second.mutable_change_headers();
  }
  void rule_answers() {
    changes().add_remove_response("X-Internal");
    auto* set = changes().add_set_response();
    set->set_name("X-Frame");
    set->set_value("deny");
    ASSERT_TRUE(world_.apply());
  }

  Origin::Answer answer_;
  Origin origin_;
  World world_{{&origin_}};
};

constexpr const char* kFields = "X-Internal: secret\r\nX-Frame: any\r\nX-Other: 1\r\n";

TEST_F(RuledFields, AreTakenOutOfInterimResponses) {
  answer_ = [](const auto&) {
    return say("HTTP/1.1 103 Early Hints\r\n" + std::string(kFields) + "\r\n" +
               reply(200, kFields, "page"));
  };
  rule_answers();
  for (const std::string method : {"GET", "POST"}) {
    SCOPED_TRACE(method);
    Client visitor(world_.http_port());
    visitor.send(method + " /a HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
    const auto hints = visitor.read_response(true);
    EXPECT_EQ(hints.status, 103);
    EXPECT_FALSE(hints.fields.contains("x-internal"));
    EXPECT_FALSE(hints.fields.contains("x-frame"));
    EXPECT_EQ(hints.field("x-other"), "1");
    const auto page = visitor.read_response();
    EXPECT_FALSE(page.fields.contains("x-internal"));
    EXPECT_EQ(page.field("x-frame"), "deny");
  }
}

TEST_F(RuledFields, AreChangedWhereAProtocolIs) {
  answer_ = [](const auto&) {
    auto reply =
        say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSurrogate-Key: a\r\n" +
            std::string(kFields) + "\r\n");
    reply.close = true;
    return reply;
  };
  rule_answers();
  const auto visitor = world_.visit();
  visitor->send(
      "GET /ws HTTP/1.1\r\nHost: www.shop.example\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\n\r\n");
  const auto head = visitor->read_response(true);
  EXPECT_EQ(head.status, 101);
  EXPECT_FALSE(head.fields.contains("x-internal"));
  EXPECT_FALSE(head.fields.contains("surrogate-key"));
  EXPECT_EQ(head.field("x-frame"), "deny");
  EXPECT_EQ(head.field("x-other"), "1");
  EXPECT_EQ(head.field("upgrade"), "websocket");
  EXPECT_EQ(head.field("connection"), "Upgrade");
}

TEST_F(RuledFields, AreTakenOutOfTrailers) {
  answer_ = [](const auto&) {
    return say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n" +
               std::string(kFields) + "\r\n");
  };
  rule_answers();
  const auto visitor = world_.visit();
  visitor->send(
      "POST /t HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\nTE: trailers\r\n"
      "Connection: TE\r\n\r\n");
  while (visitor->unread().find("2\r\nab\r\n0\r\n") == std::string::npos ||
         !visitor->unread().ends_with("\r\n\r\n"))
    ASSERT_TRUE(visitor->read_more()) << visitor->unread();
  EXPECT_TRUE(visitor->unread().ends_with("2\r\nab\r\n0\r\nX-Other: 1\r\n\r\n"))
      << visitor->unread();
}

/// Names that programs take for X-Client, X-Internal or X-Device, as the origin hears them.
std::string heard(const Origin::Request& request) {
  std::string all;
  for (std::size_t i = 0; i < request.head.fields.size(); ++i)
    if (const auto field = request.head.fields[i];
        http::lower(field.name.front()) == 'x' && field.name.find("orwarded") == field.name.npos)
      all += std::string(field.name) + "=" + std::string(field.value) + " ";
  return all;
}

TEST_F(RuledFields, OfRequestsHaveNoSecondSpelling) {
  answer_ = [](const Origin::Request& request) {
    return say(reply(200, "Cache-Control: max-age=60\r\n", heard(request)));
  };
  auto* set = changes().add_set_request();
  set->set_name("X-Client");
  set->set_value("${client}");
  changes().add_remove_request("X-Internal");
  world_.site.mutable_cache()->add_key_headers("X-Device");
  ASSERT_TRUE(world_.apply());
  const auto visitor = world_.visit();
  const std::string forged = "X_Client: 10.0.0.1\r\nX_Internal: 1\r\nX_Device: mobile\r\n";
  EXPECT_EQ(visitor->get(kHost, "/a", forged + "X_Other: 1\r\n").body,
            "X_Other=1 X-Client=127.0.0.1 ");
  EXPECT_EQ(visitor->get(kHost, "/a", "X-Device: mobile\r\n").body,
            "X-Device=mobile X-Client=127.0.0.1 ")
      << "stored apart";
  EXPECT_EQ(visitor->get(kHost, "/a").body, "X_Other=1 X-Client=127.0.0.1 ");
}

TEST_F(RuledFields, OfRequestsAreNoTrailers) {
  answer_ = [](const auto&) { return say(reply(200, "", "")); };
  changes().add_remove_request("X-Internal");
  ASSERT_TRUE(world_.apply());
  const auto visitor = world_.visit();
  visitor->send(
      "POST /t HTTP/1.1\r\nHost: www.shop.example\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n0\r\nX-Internal: 1\r\nx_internal: 2\r\nX-Other: 3\r\n\r\n");
  EXPECT_EQ(visitor->read_response().status, 200);
  const auto received = origin_.received();
  EXPECT_NE(received.find("X-Other: 3"), std::string::npos) << received;
  EXPECT_EQ(received.find("nternal"), std::string::npos) << received;
}

TEST_F(RuledFields, MayHaveUnderscoresThemselves) {
  answer_ = [](const Origin::Request& request) { return say(reply(200, "", heard(request))); };
  for (const auto* name : {"X_Client", "X-Client"}) {
    auto* set = changes().add_set_request();
    set->set_name(name);
    set->set_value("ours");
  }
  ASSERT_TRUE(world_.apply());
  EXPECT_EQ(world_.visit()->get(kHost, "/a", "X_Client: theirs\r\n").body,
            "X_Client=ours X-Client=ours ");
}

}  // namespace
}  // namespace meridian::edge
