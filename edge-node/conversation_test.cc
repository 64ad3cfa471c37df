// Requests whose body is still on its way when the response comes: conversations, early answers
// and interim ones, between visitors and origins of either version of HTTP.
#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/http2_origin.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;

constexpr const char* kHost = World::kHost;

/// A connection at an origin, byte by byte.
class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// All up to and with `end`; what was there at the end of the connection.
  std::string hear(std::string_view end) {
    std::size_t found = 0;
    while ((found = bytes_.find(end)) == std::string::npos)
      if (!more()) return std::exchange(bytes_, {});
    std::string heard = bytes_.substr(0, found + end.size());
    bytes_.erase(0, heard.size());
    return heard;
  }
  bool ends() {
    while (more()) bytes_.clear();
    return true;
  }

 private:
  bool more() {
    char part[16384];
    const auto size = ::recv(fd_, part, sizeof part, 0);
    if (size > 0) bytes_.append(part, static_cast<std::size_t>(size));
    return size > 0;
  }
  int fd_;
  std::string bytes_;
};

/// A server of HTTP/1.1 that follows a script once it has read a request's head.
class ScriptedOrigin {
 public:
  using Script = std::function<void(Line&)>;
  explicit ScriptedOrigin(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    ::listen(listener_, 64);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ScriptedOrigin() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& thread : threads_) thread.join();
  }

  std::uint16_t port = 0;
  std::atomic<int> requests{0};
  std::atomic<int> ended{0};  // scripts

 private:
  void accept() {
    for (int fd = 0; (fd = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      const std::lock_guard lock(mutex_);
      fds_.insert(fd);
      if (stopped_) ::shutdown(fd, SHUT_RDWR);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int fd) {
    Line line(fd);
    const std::string head = line.hear("\r\n\r\n");
    if (head.find("meridian-probe") != std::string::npos) {
      line.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (!head.empty()) {
      ++requests;
      script_(line);
      ++ended;
    }
    const std::lock_guard lock(mutex_);
    fds_.erase(fd);
    ::close(fd);
  }

  Script script_;
  int listener_ = -1;
  std::mutex mutex_;
  bool stopped_ = false;
  std::set<int> fds_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

void speak_http2(v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); }
void speak_http1(v1::OriginPool&) {}

std::string chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}
constexpr const char* kChunkedAnswer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr const char* kChunkedRequest =
    "POST /talk HTTP/1.1\r\nHost: www.shop.example\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Answers each chunk of a request with one.
void echo(Line& line) {
  line.say(kChunkedAnswer);
  for (std::string size = line.hear("\r\n"); !size.empty(); size = line.hear("\r\n")) {
    const std::string data = line.hear("\r\n");
    line.say(size + data);
    if (size == "0\r\n") return;
  }
}

/// Reads until the visitor has received `text`.
bool receives(Client& visitor, const std::string& text) {
  while (visitor.unread().find(text) == std::string::npos)
    if (!visitor.read_more()) return false;
  visitor.drop_unread(visitor.unread().find(text) + text.size());
  return true;
}

bool receives(Http2Client& visitor, std::uint32_t stream, const std::string& text) {
  while (visitor.answers[stream].body.find(text) == std::string::npos)
    if (!visitor.step()) return false;
  return true;
}

TEST(Conversation, SidesTakeTurnsOverHttp1) {
  ScriptedOrigin origin(echo);
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send(kChunkedRequest + chunk("one"));
  ASSERT_TRUE(receives(visitor, "one\r\n"));
  visitor.send(chunk("two"));
  ASSERT_TRUE(receives(visitor, "two\r\n"));
  visitor.send("0\r\n\r\n");
  EXPECT_TRUE(receives(visitor, "0\r\n\r\n"));
}

TEST(Conversation, SidesTakeTurnsBetweenTheVersions) {
  ScriptedOrigin origin(echo);
  World world(origin.port, speak_http1);
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/talk", {}, "POST", false);
  for (const std::string word : {"one", "two", "three"}) {
    visitor.send(frame(kData, 0, 1, word));
    ASSERT_TRUE(receives(visitor, 1, word));
  }
  visitor.send(frame(kData, kEndStream, 1, ""));
  EXPECT_TRUE(visitor.read_answer(1).complete);
}

constexpr std::size_t kLargeBody = std::size_t{16} << 20;

/// A visitor of HTTP/1.1 that sends all before it looks for an answer.
Response upload_http1(const World& world) {
  Client visitor(world.http_port());
  visitor.send("PUT /large HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: " +
               std::to_string(kLargeBody) + "\r\n\r\n");
  const std::string part(std::size_t{1} << 20, 'x');
  for (std::size_t sent = 0; sent < kLargeBody; sent += part.size()) visitor.send(part);
  auto response = visitor.read_response();
  EXPECT_TRUE(visitor.at_end());
  return response;
}

Http2Client::Answer upload_http2(const World& world) {
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/large", {{"content-length", std::to_string(kLargeBody)}}, "PUT", false);
  for (int i = 0; i < 4; ++i) visitor.send(frame(kData, 0, 1, std::string(16'000, 'x')));
  visitor.read_answer(1);
  while (!visitor.answers[1].reset && visitor.step()) {
  }
  return visitor.answers[1];
}

constexpr std::uint32_t kNoError = 0;

void refuse_early(Line& line) {
  line.say("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge");
  line.ends();
}

TEST(EarlyAnswer, OfHttp1ReachesEveryVisitor) {
  ScriptedOrigin origin(refuse_early);
  World world(origin.port, speak_http1);
  const auto response = upload_http1(world);
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "large");
  EXPECT_EQ(response.field("connection"), "close");
  const auto answer = upload_http2(world);
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "large");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.reset, kNoError);
  // Its connection, with half a request on it, is not used again.
  EXPECT_TRUE(eventually([&] { return origin.ended == 2; }));
  EXPECT_EQ(origin.requests, 2);
}

TEST(EarlyAnswer, OfHttp2ReachesEveryVisitor) {
  const auto refuse = [](const Http2Origin::Request&) {
    Http2Origin::Reply reply;
    reply.status = 413;
    reply.body = "large";
    return reply;
  };
  Http2Origin origin(refuse, refuse);
  World world(origin.port(), speak_http2);
  const auto response = upload_http1(world);
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "large");
  const auto answer = upload_http2(world);
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "large");
  EXPECT_EQ(answer.reset, kNoError);
}

/// As curl 7.88 does: when the answer's head has come, it ends its body where it is.
TEST(EarlyAnswer, OutlivesAVisitorThatCutsItsBodyShortForIt) {
  std::promise<void> cut;
  const auto is_cut = cut.get_future().share();
  ScriptedOrigin origin([&](Line& line) {
    line.say("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\n");
    is_cut.wait();
    line.say("large");
    line.ends();
  });
  World world(origin.port, speak_http1);
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/large", {{"content-length", "1000"}}, "PUT", false);
  visitor.send(frame(kData, 0, 1, "begin"));
  while (visitor.answers[1].status == 0 && visitor.step()) {
  }
  visitor.send(frame(kData, kEndStream, 1));
  visitor.ask(3, "elsewhere.example", "/");
  EXPECT_EQ(visitor.read_answer(3).status, 421);  // so that is read, too
  cut.set_value();
  const auto answer = visitor.read_answer(1);
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "large");
  EXPECT_TRUE(answer.complete);
  while (!visitor.answers[1].reset && visitor.step()) {
  }
  EXPECT_EQ(visitor.answers[1].reset, kNoError);
  // Before its answer has begun, such a request is malformed (RFC 9113 section 8.1.1).
  visitor.ask(5, kHost, "/large", {{"content-length", "1000"}}, "PUT", false);
  visitor.send(frame(kData, kEndStream, 5, "begin"));
  EXPECT_EQ(visitor.read_answer(5).reset, 1u);
}

TEST(EarlyAnswer, ToASmallBodyKeepsTheVisitorsConnection) {
  ScriptedOrigin origin([](Line& line) { refuse_early(line); });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  for (int i = 0; i < 2; ++i) {
    visitor.send("PUT / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(visitor.read_response().status, 413);
    visitor.send("body");
  }
}

TEST(Conversation, OriginThatDiesEndsItForBothKindsOfVisitors) {
  ScriptedOrigin origin([](Line& line) {
    (void)line.hear("one\r\n");
    line.say(kChunkedAnswer + chunk("ONE"));
    (void)line.hear("two\r\n");
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send(kChunkedRequest + chunk("one"));
  ASSERT_TRUE(receives(visitor, "ONE\r\n"));
  visitor.send(chunk("two"));
  while (visitor.read_more()) {
  }
  EXPECT_EQ(visitor.unread().find("0\r\n"), std::string::npos);

  Http2Client other(world.https_port(), kHost);
  other.ask(1, kHost, "/talk", {}, "POST", false);
  other.send(frame(kData, 0, 1, "one"));
  ASSERT_TRUE(receives(other, 1, "ONE"));
  other.send(frame(kData, 0, 1, "two"));
  const auto answer = other.read_answer(1);
  EXPECT_FALSE(answer.complete);
  EXPECT_NE(answer.reset.value_or(kNoError), kNoError);
}

TEST(Conversation, OriginThatDiesBeforeItsAnswerIsAnErrorAtOnce) {
  ScriptedOrigin origin([](Line& line) { (void)line.hear("one\r\n"); });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send(kChunkedRequest + chunk("one"));
  const auto response = visitor.read_response();
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("connection"), "close");
}

TEST(Conversation, VisitorThatLeavesIsNotKeptAtTheOrigin) {
  ScriptedOrigin origin([](Line& line) {
    line.say(kChunkedAnswer + chunk("hello"));
    line.ends();
  });
  World world(origin.port, speak_http1);
  {
    Client visitor(world.http_port());
    visitor.send(kChunkedRequest);
    ASSERT_TRUE(receives(visitor, "hello\r\n"));
  }
  EXPECT_TRUE(eventually([&] { return origin.ended == 1; }));
  Http2Client other(world.https_port(), kHost);
  other.ask(1, kHost, "/talk", {}, "POST", false);
  ASSERT_TRUE(receives(other, 1, "hello"));
  other.send(frame(kRstStream, 0, 1, u32(8)));
  EXPECT_TRUE(eventually([&] { return origin.ended == 2; }));
}

constexpr const char* kHints =
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nServer: secret\r\n\r\n";

TEST(InterimResponses, ReachVisitorsBeforeTheAnswer) {
  ScriptedOrigin origin([](Line& line) {
    line.say(kHints);
    line.say("HTTP/1.1 102 Processing\r\n\r\n");
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npage");
  });
  World world(origin.port, speak_http1);
  const auto visitor = world.visit();
  for (const std::string method : {"GET", "POST"}) {
    SCOPED_TRACE(method);
    Client asks(world.http_port());
    asks.send(method + " /page HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
    const auto hints = asks.read_response(true);
    EXPECT_EQ(hints.status, 103);
    EXPECT_EQ(hints.field("link"), "</style.css>; rel=preload");
    EXPECT_EQ(hints.field("server"), "");
    EXPECT_EQ(asks.read_response(true).status, 102);
    EXPECT_EQ(asks.read_response().body, "page");

    Http2Client other(world.https_port(), kHost);
    other.ask(1, kHost, "/page", {}, method);
    const auto answer = other.read_answer(1);
    EXPECT_EQ(answer.interim, (std::vector<int>{103, 102}));
    EXPECT_EQ(answer.body, "page");
  }
}

TEST(InterimResponses, OfHttp2ReachVisitorsToo) {
  Http2Origin origin([](const Http2Origin::Request&) {
    Http2Origin::Reply reply;
    http::Fields hints;
    hints.add("link", "</style.css>; rel=preload");
    reply.interim.push_back({103, hints});
    reply.body = "page";
    return reply;
  });
  World world(origin.port(), speak_http2);
  Client visitor(world.http_port());
  visitor.send("GET /page HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  const auto hints = visitor.read_response(true);
  EXPECT_EQ(hints.status, 103);
  EXPECT_EQ(hints.field("link"), "</style.css>; rel=preload");
  EXPECT_EQ(visitor.read_response().body, "page");
}

TEST(InterimResponses, AreNotForHttp10) {
  ScriptedOrigin origin([](Line& line) {
    line.say(kHints);
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npage");
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send("GET /page HTTP/1.0\r\nHost: www.shop.example\r\n\r\n");
  EXPECT_EQ(visitor.read_response().status, 200);
}

TEST(InterimResponses, WithoutEndAreAnError) {
  ScriptedOrigin origin([](Line& line) {
    for (int i = 0; i < 100; ++i) line.say("HTTP/1.1 102 Processing\r\n\r\n");
    line.ends();
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send("POST / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 0\r\n\r\n");
  int status = 102;
  for (int i = 0; i < 101 && status == 102; ++i) status = visitor.read_response(true).status;
  EXPECT_EQ(status, 502);
}

constexpr const char* kExpecting =
    "PUT / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 4\r\n"
    "Expect: 100-continue\r\n\r\n";

TEST(Expect100Continue, IsTheOriginsToDecide) {
  std::string heard;
  ScriptedOrigin origin([&](Line& line) {
    line.say("HTTP/1.1 100 Continue\r\n\r\n");
    heard = line.hear("body");
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send(kExpecting);
  EXPECT_EQ(visitor.read_response(true).status, 100);
  visitor.send("body");
  EXPECT_EQ(visitor.read_response().status, 200);
  EXPECT_EQ(heard, "body");
}

TEST(Expect100Continue, RefusalComesInsteadOfTheWordToGoOn) {
  ScriptedOrigin origin([](Line& line) {
    line.say("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    line.ends();
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send(kExpecting);
  const auto response = visitor.read_response();
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.field("connection"), "close");
  Http2Client other(world.https_port(), kHost);
  other.ask(1, kHost, "/b", {{"expect", "100-continue"}, {"content-length", "4"}}, "PUT", false);
  const auto answer = other.read_answer(1);
  EXPECT_EQ(answer.status, 401);
  EXPECT_TRUE(answer.interim.empty());
}

// Nor behind the answer's head, when the visitor sends its body unasked in the end.
TEST(Expect100Continue, NoWordToGoOnComesWithinAnAnswer) {
  ScriptedOrigin origin([](Line& line) {
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
    (void)line.hear("body");
    line.say("last");
    line.ends();
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send(kExpecting);
  while (visitor.unread().find("first") == std::string::npos) ASSERT_TRUE(visitor.read_more());
  visitor.send("body");
  const auto response = visitor.read_response();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "firstlast");
}

// A 100 that nobody asked for is not for a visitor that does not wait for it.
TEST(Expect100Continue, IsNotPassedOnUnasked) {
  ScriptedOrigin origin([](Line& line) {
    line.say("HTTP/1.1 100 Continue\r\n\r\n");
    line.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    line.ends();  // the body, unread, would reset the connection
  });
  World world(origin.port, speak_http1);
  Client visitor(world.http_port());
  visitor.send("PUT / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(visitor.read_response().status, 200);
}

}  // namespace
}  // namespace meridian::edge
