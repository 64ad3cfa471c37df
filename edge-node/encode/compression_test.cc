#include "edge-node/encode/compression.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using Line = std::pair<const char*, const char*>;

http::Fields fields(std::initializer_list<Line> lines) {
  http::Fields fields;
  for (const auto& [name, value] : lines) fields.add(name, value);
  return fields;
}

const Compression kAll{.codings = {Coding::gzip}, .types = default_types(), .except_paths = {}};
constexpr Line kPage{"Content-Type", "Text/HTML; charset=utf-8"};

TEST(Compression, IsForTextAndItsLike) {
  const auto of = [](const char* type) {
    return is_compressible(kAll, 200, fields({{"Content-Type", type}}), 5000);
  };
  for (const auto* type : {"text/html", "TEXT/css ;charset=x", "application/json", "image/svg+xml",
                           "application/wasm", "text/event-stream"})
    EXPECT_TRUE(of(type)) << type;
  for (const auto* type : {"image/png", "application/octet-stream", "textual/x", "text", "",
                           "application/jsonx", "application/grpc"})
    EXPECT_FALSE(of(type)) << type;
  EXPECT_FALSE(is_compressible(kAll, 200, fields({}), 5000));
  Compression own = kAll;
  own.types = {"application/x-own"};
  EXPECT_TRUE(is_compressible(own, 200, fields({{"Content-Type", "application/x-own"}}), 5000));
  EXPECT_FALSE(is_compressible(own, 200, fields({kPage}), 5000));
}

TEST(Compression, IsForWholeAnswersOfSomeSize) {
  EXPECT_TRUE(is_compressible(kAll, 200, fields({kPage}), 1024));
  EXPECT_FALSE(is_compressible(kAll, 200, fields({kPage}), 1023));
  EXPECT_TRUE(is_compressible(kAll, 200, fields({kPage}), std::nullopt));
  EXPECT_TRUE(is_compressible(kAll, 404, fields({kPage}), 5000));
  for (const int status : {101, 204, 205, 206, 304})
    EXPECT_FALSE(is_compressible(kAll, status, fields({kPage}), 5000)) << status;
  EXPECT_FALSE(is_compressible({}, 200, fields({kPage}), 5000)) << "of sites that ask for it";
}

TEST(Compression, LeavesAloneWhatTheOriginHasEncodedOrProtects) {
  for (const auto& line :
       {Line{"Content-Encoding", "br"}, Line{"Content-Encoding", "identity"},
        Line{"Content-Range", "bytes 0-9/10"}, Line{"Cache-Control", "public, No-Transform"}})
    EXPECT_FALSE(is_compressible(kAll, 200, fields({kPage, line}), 5000)) << line.second;
}

TEST(Compression, SaysWhatItHasDone) {
  auto answer = fields({kPage,
                        {"ETag", "\"a\""},
                        {"Content-Length", "5000"},
                        {"Accept-Ranges", "bytes"},
                        {"Repr-Digest", "sha-256=:x:"}});
  mark_negotiated(answer);
  mark_encoded(answer, Coding::br);
  EXPECT_EQ(answer.find("content-encoding"), "br");
  EXPECT_EQ(answer.find("vary"), "Accept-Encoding");
  EXPECT_EQ(answer.find("etag"), "W/\"a\"");
  EXPECT_EQ(answer.size(), 4u);
  mark_encoded(answer, Coding::br);
  EXPECT_EQ(answer.find("etag"), "W/\"a\"") << "is weak already";
}

TEST(Compression, NamesAcceptEncodingOnceInVary) {
  for (const auto& [before, count] :
       {std::pair("accept-encoding", 1u), std::pair("*", 1u), std::pair("Origin", 2u)}) {
    auto answer = fields({{"Vary", before}});
    mark_negotiated(answer);
    EXPECT_EQ(answer.count("vary"), count) << before;
  }
}

}  // namespace
}  // namespace meridian::edge
