#include "edge-node/h2/head.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge::h2 {
namespace {

using Block = std::vector<std::pair<std::string, std::string>>;

HeadBlock block_of(const Block& fields) {
  HeadBlock block;
  for (const auto& [name, value] : fields) block.add(name, value);
  return block;
}

const Block kGet = {{":method", "GET"},
                    {":scheme", "https"},
                    {":authority", "www.Shop.example:8443"},
                    {":path", "/a?b"}};

Block with(Block block, const Block& more) {
  block.insert(block.end(), more.begin(), more.end());
  return block;
}

Block without(Block block, const std::string& name) {
  std::erase_if(block, [&](const auto& field) { return field.first == name; });
  return block;
}

int status_for(const Block& fields, bool end_stream = true) {
  HeadBlock block = block_of(fields);
  RequestKind kind{.end_stream = end_stream};
  http::RequestHead request;
  return to_request(block, kind, request).status;
}

TEST(Http2Request, IsTheOneThatHttp1WouldHaveBeen) {
  HeadBlock block = block_of(with(kGet, {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}}));
  RequestKind kind{.end_stream = true};
  http::RequestHead request;
  ASSERT_EQ(to_request(block, kind, request).status, 0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a?b");
  EXPECT_EQ(request.host, "www.shop.example");
  EXPECT_EQ(request.fields.find("host"), "www.Shop.example:8443");
  EXPECT_EQ(request.fields.find("cookie"), "a=1; b=2");
  EXPECT_EQ(request.fields.count("cookie"), 1u);
  EXPECT_FALSE(request.framing.has_body());
}

TEST(Http2Request, IsRefusedWhereItIsMalformed) {
  const std::vector<std::pair<Block, int>> cases = {
      {without(kGet, ":method"), 400},
      {without(kGet, ":scheme"), 400},
      {without(kGet, ":path"), 400},
      {without(kGet, ":authority"), 400},
      {with(without(kGet, ":authority"), {{"host", "a.example"}}), 0},
      {with(kGet, {{"host", "www.shop.example:8443"}}), 0},
      {with(kGet, {{"host", "other.example"}}), 400},
      {with(kGet, {{"host", "www.shop.example:8443"}, {"host", "www.shop.example:8443"}}), 400},
      {with(kGet, {{":path", "/b"}}), 400},
      {with({{"x", "y"}}, kGet), 400},
      {with(kGet, {{":status", "200"}}), 400},
      {with(kGet, {{":unknown", "x"}}), 400},
      {with(kGet, {{":protocol", "websocket"}}), 400},
      {with(kGet, {{"X-Upper", "x"}}), 400},
      {with(kGet, {{"a b", "x"}}), 400},
      {with(kGet, {{"", "x"}}), 400},
      {with(kGet, {{"a", "x\r\nevil: y"}}), 400},
      {with(kGet, {{"a", std::string("x\0y", 3)}}), 400},
      {with(kGet, {{"a", " x"}}), 400},
      {with(kGet, {{"cookie", "a\rb"}}), 400},
      {with(kGet, {{"connection", "close"}}), 400},
      {with(kGet, {{"transfer-encoding", "chunked"}}), 400},
      {with(kGet, {{"upgrade", "websocket"}}), 400},
      {with(kGet, {{"keep-alive", "1"}}), 400},
      {with(kGet, {{"proxy-connection", "x"}}), 400},
      {with(kGet, {{"te", "gzip"}}), 400},
      {with(kGet, {{"te", "trailers"}}), 0},
      {with(kGet, {{"content-length", "1"}}), 400},
      {with(kGet, {{"content-length", "0"}}), 0},
      {with(kGet, {{"content-length", "0"}, {"content-length", "0"}}), 400},
      {with(kGet, {{"content-length", "+0"}}), 400},
      {with(kGet, {{"expect", "magic"}}), 417},
      {with(kGet, {{"x", std::string(33'000, 'a')}}), 431},
      {with(without(kGet, ":path"), {{":path", "/" + std::string(8192, 'a')}}), 414},
  };
  for (const auto& [block, status] : cases)
    EXPECT_EQ(status_for(block), status)
        << (block.empty() ? "" : block.back().first + ": " + block.back().second.substr(0, 40));
}

TEST(Http2Request, PathsAndMethodsAreChecked) {
  const std::vector<std::pair<std::string, int>> paths = {
      {"", 400},  {"a", 400},     {"/a b", 400},          {"/a#b", 400},
      {"*", 400}, {"/\x80", 400}, {"/a\r\nHost: b", 400}, {"/%00", 0},
      {"//", 0}};
  for (const auto& [path, status] : paths)
    EXPECT_EQ(status_for(with(without(kGet, ":path"), {{":path", path}})), status) << path;
  const std::vector<std::pair<std::string, int>> methods = {
      {"", 400}, {"G T", 400}, {"GET /x HTTP/1.1\r\n", 400}, {"CONNECT", 405}, {"BREW", 0}};
  for (const auto& [method, status] : methods)
    EXPECT_EQ(status_for(with({{":method", method}}, without(kGet, ":method"))), status) << method;
  for (const std::string authority : {"", "a@b", "a b", "a/b", "a:b:c"})
    EXPECT_EQ(status_for(with(without(kGet, ":authority"), {{":authority", authority}})), 400);
}

TEST(Http2Request, TooManyFieldsAreTooMuch) {
  Block block = kGet;
  for (int i = 0; i < 101; ++i) block.push_back({"x", "y"});
  EXPECT_EQ(status_for(block), 431);
}

TEST(Http2Request, ABodyOfUnknownLengthIsChunkedInHttp1) {
  HeadBlock block = block_of(kGet);
  RequestKind kind{.end_stream = false};
  http::RequestHead request;
  ASSERT_EQ(to_request(block, kind, request).status, 0);
  EXPECT_EQ(request.framing.kind, http::Framing::Kind::chunked);
}

TEST(Http2Request, ExtendedConnectBecomesAnUpgrade) {
  Block block =
      with({{":method", "CONNECT"}, {":protocol", "websocket"}}, without(kGet, ":method"));
  EXPECT_EQ(status_for(block, true), 400);
  HeadBlock head = block_of(with(block, {{"sec-websocket-key", "theirs"}}));
  RequestKind kind{.end_stream = false};
  http::RequestHead request;
  ASSERT_EQ(to_request(head, kind, request).status, 0);
  EXPECT_TRUE(kind.websocket);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.fields.find("upgrade"), "websocket");
  EXPECT_EQ(request.fields.find("connection"), "Upgrade");
  EXPECT_FALSE(request.fields.has("sec-websocket-key"));
  EXPECT_FALSE(request.framing.has_body());
  block[1].second = "carrier-pigeon";
  EXPECT_EQ(status_for(block, false), 501);
}

TEST(Http2Response, IsReadOrRefused) {
  const auto read = [](const Block& fields, bool end_stream, http::ResponseTo to) {
    HeadBlock block = block_of(fields);
    http::ResponseHead response;
    if (!to_response(block, to, end_stream, response)) return std::string("malformed");
    return std::to_string(response.status) + " " +
           std::to_string(static_cast<int>(response.framing.kind));
  };
  using enum http::ResponseTo;
  EXPECT_EQ(read({{":status", "200"}}, false, other), "200 3");
  EXPECT_EQ(read({{":status", "200"}}, true, other), "200 0");
  EXPECT_EQ(read({{":status", "200"}, {"content-length", "5"}}, false, other), "200 1");
  EXPECT_EQ(read({{":status", "200"}, {"content-length", "5"}}, true, head), "200 0");
  EXPECT_EQ(read({{":status", "200"}, {"content-length", "5"}}, true, other), "malformed");
  EXPECT_EQ(read({{":status", "101"}}, false, other), "malformed");
  EXPECT_EQ(read({{":status", "2000"}}, false, other), "malformed");
  EXPECT_EQ(read({{":status", "20"}}, false, other), "malformed");
  EXPECT_EQ(read({}, false, other), "malformed");
  EXPECT_EQ(read({{":status", "200"}, {"connection", "close"}}, false, other), "malformed");
  EXPECT_EQ(read({{":status", "200"}, {"a", "b\nc"}}, false, other), "malformed");
}

TEST(Http2Trailers, LoseWhatCameTooLate) {
  HeadBlock block = block_of({{"grpc-status", "0"}, {"content-length", "3"}, {"set-cookie", "a"}});
  http::Fields trailers;
  ASSERT_TRUE(to_trailers(block, trailers));
  EXPECT_EQ(trailers.size(), 1u);
  HeadBlock pseudo = block_of({{":path", "/"}});
  EXPECT_FALSE(to_trailers(pseudo, trailers));
}

}  // namespace
}  // namespace meridian::edge::h2
