// What an edge says that it would do, and what it does.
#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

/// As somebody asks an edge for an answer, or for an explanation.
struct Asked {
  bool tls;
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> fields{};
};

std::uint32_t explained_status(World& world, const Asked& asked) {
  v1::HttpExplainRequest request;
  request.set_url((asked.tls ? "https://" : "http://") + std::string(kHost) + asked.target);
  request.set_client("::ffff:127.0.0.1");
  request.set_method(asked.method);
  for (const auto& [name, value] : asked.fields) {
    auto& field = *request.add_fields();
    field.set_name(name);
    field.set_value(value);
  }
  const auto told = world.edge().explain_http(request);
  EXPECT_EQ(told.error(), "");
  return told.status() == 0 ? 200 : told.status();
}

std::uint32_t answered_status(const World& world, const Asked& asked) {
  Client visitor(asked.tls ? world.https_port() : world.http_port(),
                 asked.tls ? std::optional<std::string>(kHost) : std::nullopt);
  std::string head = asked.method + " " + asked.target + " HTTP/1.1\r\nHost: " + kHost + "\r\n";
  for (const auto& [name, value] : asked.fields) head += name + ": " + value + "\r\n";
  visitor.send(head + "\r\n");
  return static_cast<std::uint32_t>(visitor.read_response(asked.method == "HEAD").status);
}

TEST(ExplainRequest, AgreesWithTheEdge) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = reply(200, "", ""), .gated = false, .after_gate = {}, .close = false};
  });
  World world({&origin});
  const auto add = [&](const std::string& name) -> v1::Rule& {
    world.site.add_rules(name);
    return world.rules.emplace_back(name, v1::Rule()).second;
  };
  auto& here = add("not-from-here");
  here.mutable_match()->add_paths("/admin/*");
  here.mutable_match()->add_client_prefixes("127.0.0.0/8");
  here.mutable_deny();
  auto& hop = add("no-hop");
  hop.mutable_match()->add_headers()->set_name("X-Hop");
  hop.mutable_deny()->set_status(451);
  world.site.mutable_limits()->set_request_body_bytes(10);
  world.site.set_redirect_to_https(true);
  ASSERT_TRUE(world.apply());
  const std::string health = "/.well-known/meridian/health";
  const std::pair<std::string, std::string> last{"Max-Forwards", "0"},
      large{"Content-Length", "11"}, hop_field{"X-Hop", "1"};
  const std::vector<std::pair<Asked, std::uint32_t>> all = {
      {{true, "GET", "/a"}, 200},
      {{false, "GET", "/a"}, 308},
      {{true, "GET", "/admin/"}, 403},
      {{false, "GET", health}, 200},
      {{true, "HEAD", health}, 200},
      {{false, "TRACE", "/a"}, 405},
      {{false, "OPTIONS", "/a", {last}}, 204},
      {{true, "OPTIONS", "/admin/", {last}}, 403},
      {{false, "POST", "/a", {large}}, 413},
      {{true, "POST", "/admin/", {large}}, 413},
      {{true, "GET", "/b", {hop_field}}, 451},
      {{true, "GET", "/b", {{"Connection", "close, X-Hop"}, hop_field}}, 200},
  };
  for (const auto& [asked, status] : all) {
    SCOPED_TRACE(asked.method + " " + asked.target);
    EXPECT_EQ(answered_status(world, asked), status);
    EXPECT_EQ(explained_status(world, asked), status);
  }
}

}  // namespace
}  // namespace meridian::edge
