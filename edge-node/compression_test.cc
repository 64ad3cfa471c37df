// Compressed answers, over real sockets.
#include <gtest/gtest.h>

#include "edge-node/encode/test_decode.h"
#include "edge-node/testing/world.h"

namespace meridian::edge::testing {
namespace {

constexpr const char* kHost = World::kHost;
constexpr const char* kCached = "Cache-Control: max-age=60\r\n";
constexpr const char* kPage = "Content-Type: text/html\r\nETag: \"v1\"\r\n";

std::string page(std::size_t bytes = 200'000) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += "<li>item " + std::to_string(i) + "</li>\n";
  return text;
}

Origin::Reply say(std::string bytes) {
  Origin::Reply answer;
  answer.bytes = std::move(bytes);
  return answer;
}

/// Answers with this body and these fields.
Origin::Answer always(std::string fields, std::string body = page()) {
  return [fields = std::move(fields), body = std::move(body)](const auto&) {
    return say(reply(200, fields, body));
  };
}

void compress(World& world, const std::function<void(v1::Compression&)>& change = {}) {
  auto& compression = *world.site.mutable_compression();
  if (change) change(compression);
  ASSERT_TRUE(world.apply());
}

Response get(World& world, const std::string& accept, const std::string& target = "/") {
  return world.visit()->get(kHost, target, "Accept-Encoding: " + accept + "\r\n");
}

TEST(CompressedAnswer, IsReadWithEachCodingOnMissAndHits) {
  Origin origin(always(std::string(kPage) + kCached));
  World world({&origin});
  compress(world);
  for (const auto coding : {Coding::zstd, Coding::br, Coding::gzip}) {
    const std::string name(coding_name(coding));
    const auto target = "/" + name;
    std::size_t kept = 0;
    for (int i = 0; i < 3; ++i) {
      const auto answer = get(world, name, target);
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.field("content-encoding"), name);
      EXPECT_EQ(answer.field("vary"), "Accept-Encoding");
      EXPECT_EQ(answer.field("etag"), "W/\"v1\"");
      EXPECT_TRUE(answer.complete);
      ASSERT_EQ(decode(coding, answer.body), page()) << name << " " << i;
      EXPECT_LT(answer.body.size(), page().size() / 3);
      if (i == 1) kept = answer.body.size();
      if (i == 2) {
        EXPECT_EQ(answer.body.size(), kept);
        EXPECT_EQ(answer.field("content-length"), std::to_string(kept));
      }
    }
    const auto plain = get(world, "identity", target);
    EXPECT_EQ(plain.body, page());
    EXPECT_EQ(plain.field("etag"), "\"v1\"");
    EXPECT_EQ(plain.field("vary"), "Accept-Encoding") << "for caches further on";
    EXPECT_EQ(plain.fields.count("content-encoding"), 0u);
  }
  EXPECT_EQ(origin.requests(), 3) << "one fetch for all forms of an object";
}

TEST(CompressedAnswer, IsMadeOnceForAllHits) {
  Origin origin(always(std::string(kPage) + kCached));
  World world({&origin});
  compress(world);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(world, "br").field("content-encoding"), "br");
  const auto metrics = std::move(MetricsServer::listen(*parse_endpoint("127.0.0.1:0")).value());
  world.edge().add_metrics(*metrics);
  const auto text = Client(metrics->port()).get("localhost", "/metrics").body;
  EXPECT_NE(text.find("\nmeridian_edge_encoded_hits_total 3\n"), std::string::npos);
  EXPECT_NE(text.find("\nmeridian_edge_encoder_input_bytes_total " +
                      std::to_string(2 * page().size()) + "\n"),
            std::string::npos)
      << "once as it passed, once to be kept";
}

TEST(CompressedAnswer, FollowsTheSite) {
  Origin origin(always(std::string(kPage) + kCached));
  World world({&origin});
  EXPECT_EQ(get(world, "gzip, br, zstd").fields.count("vary"), 0u) << "compresses nothing unasked";
  compress(world);
  EXPECT_EQ(get(world, "gzip, br, zstd").field("content-encoding"), "zstd");
  compress(world, [](auto& c) {
    c.add_codings("gzip");
    c.add_codings("br");
    c.add_except_paths("/account/*");
  });
  EXPECT_EQ(get(world, "gzip, br, zstd").field("content-encoding"), "gzip");
  EXPECT_EQ(get(world, "br;q=0.5, zstd").field("content-encoding"), "br");
  const auto secret = get(world, "gzip", "/account/me");
  EXPECT_EQ(secret.body, page());
  EXPECT_EQ(secret.fields.count("vary"), 0u);
  compress(world, [](auto& c) { c.add_types("application/json"); });
  EXPECT_EQ(get(world, "gzip").body, page());
  compress(world, [](auto& c) {
    c.clear_types();
    c.set_min_bytes(1'000'000);
  });
  EXPECT_EQ(get(world, "gzip").body, page());
}

TEST(CompressedAnswer, PassesThroughAsItComes) {
  Origin origin([](const Origin::Request& request) {
    if (request.head.target == "/length")
      return say(reply(200, std::string(kPage) + "Cache-Control: no-store\r\n", page()));
    Origin::Reply answer;
    answer.bytes =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n";
    answer.gated = true;
    answer.after_gate = "9\r\ndata: 2\n\n\r\n0\r\n\r\n";
    return answer;
  });
  World world({&origin});
  compress(world);
  EXPECT_EQ(decode(Coding::br, get(world, "br", "/length").body), page());
  const auto visitor = world.visit();
  visitor->send("GET /events HTTP/1.1\r\nHost: " + std::string(kHost) +
                "\r\nAccept-Encoding: gzip\r\n\r\n");
  const auto seen = [&] {
    const auto& bytes = visitor->unread();
    const auto head = bytes.find("\r\n\r\n");
    const auto size = head == std::string::npos ? head : bytes.find("\r\n", head + 4);
    return size == std::string::npos ? "" : decode(Coding::gzip, bytes.substr(size + 2));
  };
  while (seen().find("data: 1") == std::string::npos) ASSERT_TRUE(visitor->read_more());
  origin.open_gate();  // only now that the visitor has read the first event
  EXPECT_EQ(decode(Coding::gzip, visitor->read_response().body), "data: 1\n\ndata: 2\n\n");
}

TEST(CompressedAnswer, IsNeverCompressedTwiceNorAgainstTheOriginsWill) {
  Origin origin([](const Origin::Request& request) {
    const bool encoded = request.head.target == "/encoded";
    return say(reply(200,
                     std::string(kPage) +
                         (encoded ? "Content-Encoding: gzip\r\nVary: "
                                    "Accept-Encoding\r\nCache-Control: max-age=60"
                                  : "Cache-Control: max-age=60, no-transform") +
                         "\r\n",
                     page()));
  });
  World world({&origin});
  compress(world);
  for (const auto* target : {"/encoded", "/encoded", "/protected", "/protected"}) {
    const auto answer = get(world, "gzip, br", target);
    EXPECT_EQ(answer.body, page()) << target;
    EXPECT_EQ(answer.field("etag"), "\"v1\"");
    EXPECT_NE(answer.field("content-encoding"), "br");
  }
  const auto asked =
      world.visit()->get(kHost, "/x", "Accept-Encoding: br\r\nCache-Control: no-transform\r\n");
  EXPECT_EQ(asked.fields.count("content-encoding"), 0u);
}

TEST(CompressedAnswer, LeavesRangesAndConditionsRight) {
  Origin origin(always(std::string(kPage) + kCached));
  World world({&origin});
  compress(world);
  EXPECT_EQ(get(world, "br").field("etag"), "W/\"v1\"");
  const auto visitor = world.visit();
  const auto part = visitor->get(kHost, "/", "Accept-Encoding: br\r\nRange: bytes=0-9\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, page().substr(0, 10));
  EXPECT_EQ(part.field("etag"), "\"v1\"");
  const auto weak =
      visitor->get(kHost, "/", "Accept-Encoding: br\r\nRange: bytes=0-9\r\nIf-Range: W/\"v1\"\r\n");
  EXPECT_EQ(weak.status, 200) << "bytes of one form are not those of another";
  EXPECT_EQ(decode(Coding::br, weak.body), page());
  const auto same = visitor->get(kHost, "/", "Accept-Encoding: br\r\nIf-None-Match: W/\"v1\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.field("etag"), "W/\"v1\"");
  EXPECT_EQ(same.field("vary"), "Accept-Encoding");
  EXPECT_EQ(same.fields.count("content-encoding"), 0u);
  visitor->send("HEAD / HTTP/1.1\r\nHost: " + std::string(kHost) +
                "\r\nAccept-Encoding: br\r\n\r\n");
  const auto head = visitor->read_response(true);
  EXPECT_EQ(head.field("content-encoding"), "br");
  EXPECT_EQ(head.fields.count("content-length"), 0u);
}

TEST(CompressedAnswer, OutlivesARevalidationAndIsPurgedWithItsObject) {
  int version = 1;
  Origin origin([&](const Origin::Request& request) {
    if (request.head.fields.has("if-none-match"))
      return say("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nCache-Control: max-age=60\r\n\r\n");
    const auto lifetime = version == 1 ? "Cache-Control: max-age=0\r\n" : kCached;
    return say(reply(200, kPage + std::string(lifetime), std::to_string(version) + page()));
  });
  World world({&origin});
  compress(world);
  for (int i = 0; i < 4; ++i)
    ASSERT_EQ(decode(Coding::zstd, get(world, "zstd").body), "1" + page());
  version = 2;
  world.purge_url("/");
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(decode(Coding::zstd, get(world, "zstd").body), "2" + page());
}

TEST(CompressedAnswer, IsServedToOthersWhoseMakerWentAway) {
  Origin origin(always(std::string(kPage) + kCached, page(4'000'000)));
  World world({&origin});
  compress(world);
  ASSERT_EQ(get(world, "identity").status, 200);
  {
    const auto gone = world.visit();
    gone->send("GET / HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\nAccept-Encoding: br\r\n\r\n");
    ASSERT_TRUE(gone->read_more());
  }
  for (int i = 0; i < 3; ++i) ASSERT_EQ(decode(Coding::br, get(world, "br").body), page(4'000'000));
}

}  // namespace
}  // namespace meridian::edge::testing
