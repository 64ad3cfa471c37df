// Origins that speak HTTP/2, through a whole edge: a server made of a session, and a real one of
// gRPC, for which the edge is a proxy that passes streams and trailers.
#include "edge-node/testing/http2_origin.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <string>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using namespace testing;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Http2Origin::Reply say(std::string body, http::Fields fields = {}) {
  Http2Origin::Reply reply;
  reply.fields = std::move(fields);
  reply.body = std::move(body);
  return reply;
}

http::Fields cached() {
  http::Fields fields;
  fields.add("cache-control", "max-age=60");
  return fields;
}

TEST(Http2Origins, ShareOneConnectionAmongManyRequests) {
  Http2Origin origin([](const Http2Origin::Request& request) { return say(request.head.target); });
  World world(
      origin.port(), [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); },
      [](EdgeOptions& options) { options.workers = 1; });
  Http2Client visitor(world.https_port(), kHost);
  for (std::uint32_t i = 0; i < 40; ++i)
    visitor.ask(2 * i + 1, kHost, "/" + std::to_string(i), {}, "DELETE");
  for (std::uint32_t i = 0; i < 40; ++i)
    EXPECT_EQ(visitor.read_answer(2 * i + 1).body, "/" + std::to_string(i));
  EXPECT_EQ(world.visit()->get(kHost, "/h1").body, "/h1");
  EXPECT_EQ(origin.connections(), 1);
}

TEST(Http2Origins, FillTheCache) {
  Http2Origin origin([](const auto&) { return say(std::string(300'000, 'x'), cached()); });
  World world(origin.port(),
              [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); });
  const auto visitor = world.visit();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(visitor->get(kHost, "/").body.size(), 300'000u);
  EXPECT_EQ(origin.requests(), 1);
}

// RFC 9110 section 7.6.3: each message names the version in which it was received.
TEST(Http2Origins, ViaNamesTheVersionOfEachSide) {
  std::string told;
  Http2Origin origin([&](const Http2Origin::Request& request) {
    told = request.head.fields.find("via").value_or("");
    return say("x", cached());
  });
  World world(origin.port(),
              [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); });
  for (int i = 0; i < 2; ++i)  // from the origin, and from the cache
    EXPECT_EQ(world.visit()->get(kHost, "/stored").field("via"), "2 meridian");
  EXPECT_EQ(told, "1.1 meridian");
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/", {}, "POST");
  EXPECT_EQ(visitor.read_answer(1).fields.at("via"), "2 meridian");
  EXPECT_EQ(told, "2 meridian");
}

TEST(Http2Origins, BodiesAndTrailersPassThrough) {
  Http2Origin origin([](const Http2Origin::Request& request) {
    auto reply = say(request.body);
    reply.trailers.add("digest", std::string(request.trailers.find("checksum").value_or("none")));
    return reply;
  });
  World world(origin.port(),
              [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); });
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/", {{"te", "trailers"}}, "POST", false);
  std::string body;
  for (int i = 0; i < 20; ++i) {
    const std::string piece(16'000, static_cast<char>('a' + i));
    if (i < 4) visitor.send(frame(kData, 0, 1, piece));  // within the first window
    if (i < 4) body += piece;
  }
  visitor.send(frame(kHeaders, kEndHeaders | kEndStream, 1, encode({{"checksum", "c"}})));
  const auto answer = visitor.read_answer(1);
  EXPECT_EQ(answer.body, body);
  EXPECT_EQ(answer.trailers.at("digest"), "c");
}

TEST(Http2Origins, WhatTheyRefuseIsSentAgainWhateverItsMethod) {
  std::atomic<int> refusals{0};
  Http2Origin origin([&](const Http2Origin::Request&) {
    auto reply = say("done");
    if (refusals.fetch_add(1) == 0) reply.reset = h2::Code::refused_stream;
    return reply;
  });
  World world(origin.port(),
              [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); });
  Http2Client visitor(world.https_port(), kHost);
  visitor.ask(1, kHost, "/", {}, "POST");
  const auto answer = visitor.read_answer(1);
  EXPECT_EQ(answer.status, 200) << answer.reset.value_or(99);
  EXPECT_EQ(answer.body, "done");
}

TEST(Http2Origins, GetNoMoreStreamsThanTheyTakeAlsoBeforeTheyHaveSaidSo) {
  constexpr std::uint32_t kStreams = 20;
  Http2Origin origin([](const Http2Origin::Request& request) { return say(request.head.target); },
                     {}, 2);
  World world(
      origin.port(),
      [](v1::OriginPool& pool) {
        pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2);
        pool.mutable_retry()->set_attempts(1);
      },
      [](EdgeOptions& options) { options.workers = 1; });
  Http2Client visitor(world.https_port(), kHost);
  for (std::uint32_t i = 0; i < kStreams; ++i)
    visitor.ask(2 * i + 1, kHost, "/" + std::to_string(i), {}, "POST");
  for (std::uint32_t i = 0; i < kStreams; ++i)
    EXPECT_EQ(visitor.read_answer(2 * i + 1).body, "/" + std::to_string(i));
}

TEST(Http2Origins, AGoodbyeLosesNoRequest) {
  Http2Origin origin([](const Http2Origin::Request& request) {
    auto reply = say(request.head.target);
    reply.goodbye = true;
    return reply;
  });
  World world(
      origin.port(), [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); },
      [](EdgeOptions& options) { options.workers = 1; });
  const auto visitor = world.visit();
  for (int i = 0; i < 5; ++i) {
    const auto path = "/" + std::to_string(i);
    EXPECT_EQ(visitor->get(kHost, path).body, path);
  }
  EXPECT_GE(origin.connections(), 2);
}

/// What visitors take back is taken back at the origin, which may take many of these for an attack
/// and end the connection: others go by another one.
void expect_another_connection_after_resets(bool answered) {
  std::atomic<int> heads{0};
  const auto early = [&](const Http2Origin::Request& request) {
    ++heads;
    auto reply = say("begin");
    reply.endless = true;
    if (!answered || request.head.target == "/patient") reply.status = 0;  // the body comes first
    return reply;
  };
  Http2Origin origin([](const Http2Origin::Request& request) { return say(request.body); }, early);
  World world(
      origin.port(), [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); },
      [](EdgeOptions& options) { options.workers = 1; });
  Http2Client patient(world.https_port(), kHost);
  patient.ask(1, kHost, "/patient", {}, "POST", false);
  ASSERT_TRUE(eventually([&] { return heads.load() == 1; }));
  EXPECT_EQ(world.visit()->get(kHost, "/first").status, 200);
  EXPECT_EQ(origin.connections(), 1);
  constexpr int kStreams = 90;
  for (int turn = 0; turn < 10 && origin.connections() == 1; ++turn) {
    Http2Client visitor(world.https_port(), kHost);
    const int before = heads.load();
    std::string resets;
    for (std::uint32_t i = 0; i < kStreams; ++i) {
      visitor.ask(2 * i + 1, kHost, "/", {}, "POST", false);
      resets += frame(kRstStream, 0, 2 * i + 1, u32(8));
    }
    ASSERT_TRUE(eventually([&] { return heads.load() >= before + kStreams; }));
    const auto has_body = [](const auto& item) { return !item.second.body.empty(); };
    while (answered &&
           std::count_if(visitor.answers.begin(), visitor.answers.end(), has_body) < kStreams)
      ASSERT_TRUE(visitor.step());
    visitor.send(resets);
    visitor.ask(2 * kStreams + 1, kHost, "/next");
    EXPECT_EQ(visitor.read_answer(2 * kStreams + 1).status, 200);
  }
  EXPECT_EQ(origin.connections(), 2);
  patient.send(frame(kData, kEndStream, 1, "whole"));
  EXPECT_EQ(patient.read_answer(1).body, "whole");
}

TEST(Http2Origins, GetAnotherConnectionAfterManyResetsBeforeTheirAnswers) {
  expect_another_connection_after_resets(false);
}

TEST(Http2Origins, GetAnotherConnectionAfterManyResetsOfTheirAnswers) {
  expect_another_connection_after_resets(true);
}

/// Of a part that nobody asked for.
TEST(Http2Origins, GetAnotherConnectionAfterManyAnswersThatNobodyHearsOut) {
  Http2Origin origin([](const Http2Origin::Request&) {
    auto reply = say("part");
    reply.status = 206;
    reply.fields.add("content-range", "bytes 0-3/10");
    reply.endless = true;
    return reply;
  });
  World world(
      origin.port(), [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); },
      [](EdgeOptions& options) { options.workers = 1; });
  const auto visitor = world.visit();
  for (int i = 0; i < 1000 && origin.connections() < 2; ++i)
    EXPECT_GE(visitor->get(kHost, "/" + std::to_string(i)).status, 502);
  EXPECT_EQ(origin.connections(), 2);
}

TEST(Http2Origins, AStreamBehindAGoodbyeKeepsOthersNotFromTheOnlyConnection) {
  Http2Origin origin([](const Http2Origin::Request& request) {
    auto reply = say(request.head.target);
    reply.goodbye = reply.endless = request.head.target == "/stream";
    return reply;
  });
  World world(
      origin.port(),
      [](v1::OriginPool& pool) {
        pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2);
        pool.mutable_breaker()->set_max_connections(1);
      },
      [](EdgeOptions& options) { options.workers = 1; });
  const auto listener = world.visit();
  listener->send("GET /stream HTTP/1.1\r\nHost: www.shop.example\r\n\r\n");
  while (listener->unread().find("/stream") == std::string::npos)
    ASSERT_TRUE(listener->read_more());
  for (const std::string path : {"/a", "/b"}) EXPECT_EQ(world.visit()->get(kHost, path).body, path);
  EXPECT_EQ(origin.connections(), 2);
}

TEST(Http2Origins, GiveTheirOnlyConnectionToEachWorkerInTurn) {
  Http2Origin origin([](const Http2Origin::Request& request) { return say(request.head.target); });
  World world(origin.port(), [](v1::OriginPool& pool) {
    pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2);
    pool.mutable_breaker()->set_max_connections(1);
  });
  std::vector<std::unique_ptr<Client>> visitors;  // of both workers
  for (int i = 0; i < 16; ++i) visitors.push_back(world.visit());
  for (const auto& visitor : visitors) EXPECT_EQ(visitor->get(kHost, "/a").body, "/a");
  for (const auto& visitor : visitors) EXPECT_EQ(visitor->get(kHost, "/b").body, "/b");
}

TEST(Http2Origins, ThatCannotBeReachedFailAllWhoWait) {
  std::uint16_t port = 0;
  {
    port = Http2Origin([](const auto&) { return say(""); }).port();
  }
  World world(port, [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); });
  Http2Client visitor(world.https_port(), kHost);
  for (std::uint32_t i = 0; i < 20; ++i) visitor.ask(2 * i + 1, kHost, "/", {}, "DELETE");
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_GE(visitor.read_answer(2 * i + 1).status, 502);
}

/// It takes connections, and says nothing.
class Silent {
 public:
  Silent() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 64);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  ~Silent() { ::close(fd_); }
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

/// However many wait for a connection, it fails once.
TEST(Http2Origins, AFailureThatManyWaitForCountsOnce) {
  const Silent silent, other;
  World world(silent.port(), [&](v1::OriginPool& pool) {
    pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2);
    pool.mutable_tls();
    pool.mutable_origins(0)->set_host("127.0.0.1");
    auto& second = *pool.add_origins();
    second = pool.origins(0);
    second.set_port(other.port());
    pool.mutable_ejection()->set_failures(3);
    pool.mutable_connect_timeout()->set_nanos(300'000'000);
    pool.mutable_probe()->mutable_interval()->set_seconds(3600);
  });
  Http2Client visitor(world.https_port(), kHost);
  for (std::uint32_t i = 0; i < 20; ++i) visitor.ask(2 * i + 1, kHost, "/", {}, "POST");
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_GE(visitor.read_answer(2 * i + 1).status, 502);
  EXPECT_EQ(world.metric("meridian_edge_pool_ejections_total"), 0);
}

TEST(Http2Origins, ThoseThatSpeakOnlyHttp1AreAnError) {
  Origin origin([](const auto&) -> Origin::Reply {
    return {.bytes = reply(200, "", "x"), .gated = false, .after_gate = {}, .close = false};
  });
  World world(origin.port(),
              [](v1::OriginPool& pool) { pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2); });
  EXPECT_EQ(world.visit()->get(kHost, "/").status, 502);
}

/// Answers every call with what it gets, and a trailer.
class Echo final : public grpc::CallbackGenericService {
 public:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Reactor(grpc::GenericCallbackServerContext* context) : context_(context) {
      StartRead(&message_);
    }
    void OnReadDone(bool ok) override {
      if (ok) return StartWrite(&message_);
      context_->AddTrailingMetadata("echo", "done");
      Finish(context_->method() == "/test.Echo/Fail"
                 ? grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "not today")
                 : grpc::Status::OK);
    }
    void OnWriteDone(bool) override { StartRead(&message_); }
    void OnDone() override { delete this; }

   private:
    grpc::GenericCallbackServerContext* context_;
    grpc::ByteBuffer message_;
  };
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(context);
  }
};

grpc::ByteBuffer bytes_of(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}
std::string text_of(const grpc::ByteBuffer& bytes) {
  grpc::Slice slice;
  (void)bytes.DumpToSingleSlice(&slice);
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

class Grpc : public ::testing::Test {
 protected:
  Grpc() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(&echo_);
    server_ = builder.BuildAndStart();
    world_ = std::make_unique<World>(static_cast<std::uint16_t>(port_), [](v1::OriginPool& pool) {
      pool.set_protocol(v1::ORIGIN_PROTOCOL_HTTP2);
      pool.mutable_probe()->set_fall(1'000'000);  // it knows no GET
    });
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = world_->certificate_pem();
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(kHost);
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(world_->https_port()),
                                         grpc::SslCredentials(tls), arguments);
  }
  ~Grpc() override {
    world_.reset();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  int port_ = 0;
  Echo echo_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<World> world_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// A call that waits for the answer to each message before it sends the next.
struct Call final : grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
  explicit Call(std::vector<std::string> q) : questions(std::move(q)) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }
  void start(grpc::GenericStub& stub, const std::string& method) {
    stub.PrepareBidiStreamingCall(&context, method, {}, this);
    ask();
    StartRead(&answer);
    StartCall();
  }
  void ask() {
    if (asked == questions.size()) return StartWritesDone();
    question = bytes_of(questions[asked++]);
    StartWrite(&question);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    answers.push_back(text_of(answer));
    StartRead(&answer);
    take_turn();
  }
  void OnWriteDone(bool ok) override {
    if (ok) take_turn();
  }
  /// The next question when the last one was sent and answered; told in either order.
  void take_turn() {
    if (events.fetch_add(1) % 2 == 1) ask();
  }
  void OnDone(const grpc::Status& status) override { done.set_value(status); }

  grpc::ClientContext context;
  std::vector<std::string> questions, answers;
  std::size_t asked = 0;
  std::atomic<unsigned> events{0};
  grpc::ByteBuffer question, answer;
  std::promise<grpc::Status> done;
};

TEST_F(Grpc, AConversationPassesThroughMessageByMessage) {
  grpc::GenericStub stub(channel_);
  Call call({"one", std::string(200'000, 'x'), "three"});
  call.start(stub, "/test.Echo/Chat");
  const auto status = call.done.get_future().get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(call.answers, call.questions);
  EXPECT_EQ(call.context.GetServerTrailingMetadata().count("echo"), 1u);
}

TEST_F(Grpc, ErrorsArriveInTheirTrailers) {
  grpc::GenericStub stub(channel_);
  Call call({"one"});
  call.start(stub, "/test.Echo/Fail");
  const auto status = call.done.get_future().get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "not today");
}

}  // namespace
}  // namespace meridian::edge
