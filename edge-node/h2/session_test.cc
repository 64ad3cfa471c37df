#include "edge-node/h2/session.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::edge::h2 {
namespace {

/// A stream that keeps what it hears.
struct Peer final : Stream {
  Session* session = nullptr;
  bool has_head = false;
  bool reads = true;           // takes its input as it comes
  std::uint64_t promised = 0;  // bytes of input, by its head
  int drained = 0, inputs = 0;
  std::string body;
  std::optional<Code> closed;

  void on_head() override {
    has_head = true;
    set_input_length(promised);
  }
  void on_input() override {
    ++inputs;
    if (reads) body += session->read(*this);
  }
  void on_drained() override { ++drained; }
  void on_close(Code code) override { closed = code; }
};

/// Two sessions that speak to each other.
struct Pair : ::testing::Test {
  explicit Pair(const SessionLimits& l = {}) : limits(l) {}

  struct User final : SessionUser {
    explicit User(Pair& p) : pair(p) {}
    Stream* on_open() override {
      if (refuses) return nullptr;
      auto& stream = pair.served.emplace_back(std::make_unique<Peer>());
      stream->session = &pair.server;
      stream->reads = pair.server_reads;
      stream->promised = pair.promised;
      return stream.get();
    }
    void on_goaway() override { ++goaways; }
    void on_pong() override { ++pongs; }
    Pair& pair;
    bool refuses = false;
    int goaways = 0, pongs = 0;
  };

  /// Until nobody has anything to say, in pieces of random size if there is a source of chance.
  void exchange() {
    for (bool more = true; more;) {
      more = move(client, server);
      more = move(server, client) || more;
    }
  }
  bool move(Session& from, Session& to) {
    std::string bytes;
    from.drain(bytes, 32'768);
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size =
          std::min<std::size_t>(bytes.size() - at, random ? 1 + (*random)() % 90 : bytes.size());
      (void)to.receive({bytes.data() + at, size});
      at += size;
    }
    return !bytes.empty();
  }

  std::unique_ptr<Peer> ask(const std::string& path, bool has_body, http::Fields fields = {},
                            std::optional<std::uint64_t> length = {}) {
    auto stream = std::make_unique<Peer>();
    stream->session = &client;
    const Session::RequestLine line{has_body ? "POST" : "GET", "https", "a.example", path};
    EXPECT_TRUE(client.send_request(*stream, line, fields, length, has_body));
    return stream;
  }

  User server_user{*this}, client_user{*this};
  std::vector<std::unique_ptr<Peer>> served;
  bool server_reads = true;
  std::uint64_t promised = 0;
  SessionLimits limits;
  Session server{Role::server, server_user, limits};
  Session client{Role::client, client_user, limits};
  std::mt19937_64* random = nullptr;
};

http::Fields fields_of(const std::string& name, const std::string& value) {
  http::Fields fields;
  fields.add(name, value);
  return fields;
}

TEST_F(Pair, BodiesAndTrailersArriveInAnyPieces) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 chance(seed);
    random = &chance;
    served.clear();
    const std::string question(chance() % 100'000, 'q'), answer(chance() % 300'000, 'a');
    const auto visitor = ask("/x", true);
    (void)client.write(*visitor, question);
    const auto question_trailers = fields_of("Digest", "q");
    client.end(*visitor, &question_trailers);
    exchange();
    ASSERT_EQ(served.size(), 1u);
    Peer& stream = *served[0];
    EXPECT_EQ(stream.body, question);
    EXPECT_TRUE(stream.has_input_end());
    EXPECT_EQ(stream.trailers().find("digest"), "q");
    server.send_response(stream, 200, fields_of("X", "y"), std::nullopt, true);
    (void)server.write(stream, answer);
    const auto answer_trailers = fields_of("grpc-status", "0");
    server.end(stream, &answer_trailers);
    exchange();
    EXPECT_EQ(visitor->body, answer);
    EXPECT_EQ(visitor->trailers().find("grpc-status"), "0");
    EXPECT_EQ(visitor->closed, Code::no_error);
    EXPECT_EQ(stream.closed, Code::no_error);
  }
}

TEST_F(Pair, ABodyThatNobodyReadsStopsItsSenderAndNoOther) {
  server_reads = false;
  const std::string large(1 << 20, 'x');
  const auto stuck = ask("/stuck", true);
  (void)client.write(*stuck, large);
  client.end(*stuck, nullptr);
  exchange();
  EXPECT_EQ(stuck->sent_bytes(), SessionLimits().stream_window);
  server_reads = true;
  const auto other = ask("/other", true);
  (void)client.write(*other, large);
  client.end(*other, nullptr);
  exchange();
  EXPECT_EQ(served[1]->body.size(), large.size());
  EXPECT_EQ(served[0]->body.size(), 0u);
  served[0]->reads = true;
  served[0]->body += server.read(*served[0]);
  served[0]->body += server.read(*served[0]);
  exchange();
  EXPECT_EQ(served[0]->body.size(), large.size());
}

TEST_F(Pair, SmallWritesAreCopiedAndLargeOnesBorrowed) {
  const auto visitor = ask("/", false);
  exchange();
  Peer& stream = *served[0];
  server.send_response(stream, 200, {}, std::nullopt, true);
  EXPECT_TRUE(server.write(stream, std::string(1000, 'a')));
  const std::string large(50'000, 'b');
  EXPECT_FALSE(server.write(stream, large));
  EXPECT_FALSE(stream.is_drained());
  exchange();
  EXPECT_EQ(stream.drained, 1);
  EXPECT_TRUE(stream.is_drained());
  EXPECT_EQ(visitor->body, std::string(1000, 'a') + large);
}

TEST_F(Pair, ManyAnswersLeaveInOnePiece) {
  std::vector<std::unique_ptr<Peer>> visitors;
  for (int i = 0; i < 16; ++i) visitors.push_back(ask("/", false));
  exchange();
  for (const auto& stream : served) {
    server.send_response(*stream, 200, {}, 1000, true);
    (void)server.write(*stream, std::string(1000, 'a'));
    server.end(*stream, nullptr);
  }
  std::string out;
  server.drain(out, 32'768);
  EXPECT_GT(out.size(), 16'000u);
  (void)client.receive({out.data(), out.size()});
  for (const auto& visitor : visitors) EXPECT_EQ(visitor->body.size(), 1000u);
}

TEST_F(Pair, InterimResponsesArePassedOver) {
  const auto visitor = ask("/", false);
  exchange();
  server.send_interim(*served[0], 103, {});
  exchange();
  EXPECT_FALSE(visitor->has_head);
  server.send_response(*served[0], 204, {}, std::nullopt, false);
  exchange();
  EXPECT_TRUE(visitor->has_head);
  EXPECT_EQ(status_of(visitor->block()), 204);
}

TEST_F(Pair, AnAnswerBeforeTheQuestionsEndStopsIt) {
  const auto visitor = ask("/", true);
  (void)client.write(*visitor, "begin");
  exchange();
  server.send_response(*served[0], 413, {}, std::nullopt, false);
  exchange();
  EXPECT_EQ(served[0]->closed, Code::no_error);
  EXPECT_EQ(visitor->closed, Code::no_error);
  EXPECT_EQ(status_of(visitor->block()), 413);
}

/// Curl before version 8 does so.
TEST_F(Pair, ABodyThatEndsShortBehindItsAnswersBeginIsCut) {
  promised = 10;
  const auto visitor = ask("/", true, {}, promised);
  (void)client.write(*visitor, "begin");
  exchange();
  Peer& stream = *served[0];
  server.send_response(stream, 200, {}, std::nullopt, true);
  exchange();
  EXPECT_FALSE(stream.is_input_cut());
  const int inputs = stream.inputs;
  client.end(*visitor, nullptr);
  exchange();
  EXPECT_TRUE(stream.is_input_cut());
  EXPECT_EQ(stream.inputs, inputs + 1);  // whoever waits for more is told
  EXPECT_FALSE(stream.has_input_end());
  EXPECT_EQ(stream.body, "begin");
  (void)server.write(stream, "answer");
  server.end(stream, nullptr);
  exchange();
  EXPECT_EQ(visitor->body, "answer");
  EXPECT_EQ(visitor->closed, Code::no_error);
}

constexpr std::string_view kDataOnFirst("\0\0\1\0\0\0\0\0\1x", 10);

TEST_F(Pair, DataBehindTheEndOfAStreamEndsTheConnection) {
  const auto visitor = ask("/", false);
  exchange();
  server.send_response(*served[0], 204, {}, std::nullopt, false);
  exchange();
  EXPECT_FALSE(server.receive(kDataOnFirst));
}

TEST_F(Pair, DataMayBeLateForAStreamThatWasReset) {
  server_user.refuses = true;
  for (int i = 0; i < 600; ++i) {  // more than are remembered one by one
    const auto visitor = ask("/", true);
    exchange();
    EXPECT_EQ(visitor->closed, Code::refused_stream);
  }
  (void)server.take_nuisance();
  EXPECT_TRUE(server.receive(kDataOnFirst));
  EXPECT_EQ(server.take_nuisance().control, 1u);
}

std::string frame(std::uint8_t type, std::uint8_t flags, unsigned stream,
                  std::string_view payload) {
  std::string bytes{0, 0, static_cast<char>(payload.size()), static_cast<char>(type)};
  for (const auto one : {unsigned{flags}, stream >> 24, stream >> 16, stream >> 8, stream})
    bytes += static_cast<char>(one);
  return bytes.append(payload);
}
std::string head_on(unsigned stream) { return frame(1, 4, stream, "\x83\x84\x87\x01\x01\x61"); }
std::string data_on(unsigned stream) { return frame(0, 0, stream, "x"); }
const std::string kHello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, {});

TEST_F(Pair, WhatComesForStreamsThatWereRefusedUnseenCounts) {
  std::string bytes = kHello;
  unsigned last = 1;
  for (; last < 2 * limits.streams; last += 2) bytes += head_on(last);
  bytes += head_on(last);  // one too many, of whom has not heard how many there may be
  EXPECT_TRUE(server.receive(bytes));
  EXPECT_EQ(served.size(), limits.streams);
  (void)server.take_nuisance();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(server.receive(data_on(last)));
  EXPECT_EQ(server.take_nuisance().control, 10u);
  for (int i = 1; i <= 10; ++i) EXPECT_TRUE(server.receive(head_on(last + 2 * i)));
  EXPECT_EQ(server.take_nuisance().control, 10u);
}

TEST_F(Pair, WhatComesForStreamsBehindTheLastWordCounts) {
  EXPECT_TRUE(server.receive(kHello + head_on(1)));
  server.end_gracefully();
  std::string out;
  server.drain(out, 32'768);
  (void)server.take_nuisance();
  EXPECT_TRUE(server.receive(head_on(3) + data_on(3) + data_on(3)));
  EXPECT_EQ(server.take_nuisance().control, 2u);
  EXPECT_TRUE(server.receive(data_on(1)));
  EXPECT_EQ(server.take_nuisance().control, 0u);
  EXPECT_EQ(served[0]->body, "x");
}

TEST_F(Pair, ARefusedStreamWasNotLookedAt) {
  server_user.refuses = true;
  const auto visitor = ask("/", false);
  exchange();
  EXPECT_EQ(visitor->closed, Code::refused_stream);
}

TEST_F(Pair, StreamsAfterTheLastWordAreRefusedAndThoseBeforeGoOn) {
  const auto before = ask("/before", false);
  exchange();
  server.announce_end();
  server.ping();
  const auto on_its_way = ask("/on-its-way", false);
  exchange();
  EXPECT_EQ(server_user.pongs, 1);
  ASSERT_EQ(served.size(), 2u);
  server.end_gracefully();
  exchange();
  EXPECT_GE(client_user.goaways, 1);
  EXPECT_FALSE(client.can_open_streams(1));
  for (const auto& stream : served) server.send_response(*stream, 204, {}, std::nullopt, false);
  exchange();
  EXPECT_EQ(before->closed, Code::no_error);
  EXPECT_EQ(on_its_way->closed, Code::no_error);
  EXPECT_TRUE(server.is_finished());
}

TEST_F(Pair, AResetReachesTheOther) {
  const auto visitor = ask("/", false);
  exchange();
  server.send_response(*served[0], 200, {}, std::nullopt, true);
  const std::string large(1 << 20, 'x');
  (void)server.write(*served[0], large);
  exchange();
  server.reset(*served[0], Code::internal_error);
  exchange();
  EXPECT_EQ(visitor->closed, Code::internal_error);
  EXPECT_EQ(server.open_streams(), 0u);
}

TEST_F(Pair, AForgottenStreamHearsNothingMore) {
  auto visitor = ask("/", false);
  exchange();
  client.forget(*visitor, Code::cancel);
  visitor.reset();
  server.send_response(*served[0], 200, {}, std::nullopt, true);
  exchange();
  EXPECT_EQ(served[0]->closed, Code::cancel);
  auto unsent = ask("/unsent", false);
  client.forget(*unsent, Code::cancel);
  unsent.reset();
  exchange();
  EXPECT_EQ(client.open_streams(), 0u);
}

TEST_F(Pair, WhatIsNoHttp2IsRefused) {
  const std::string_view bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_FALSE(server.receive({bytes.data(), bytes.size()}));
  std::string out;
  server.drain(out, 32'768);
  EXPECT_TRUE(server.is_finished());
}

// RFC 9113 section 6.9.1.
TEST_F(Pair, MoreThanTheWindowIsTooMuch) {
  server_reads = false;
  const auto visitor = ask("/", true);
  exchange();
  for (int i = 0; i < 5; ++i) {
    const std::string bytes = std::string("\0\x40\0\0\0\0\0\0\x01", 9) + std::string(16'384, 'x');
    (void)server.receive({bytes.data(), bytes.size()});
  }
  std::string out;
  server.drain(out, 32'768);
  constexpr std::string_view kFlowControlError("\0\0\0\x03", 4);
  EXPECT_EQ(out.substr(out.size() - 4), kFlowControlError);
}

TEST_F(Pair, AHeadThatIsRefusedIsOver) {
  const auto stream = ask("/", false, fields_of(":path", "/twice"));
  exchange();
  EXPECT_EQ(stream->closed, Code::protocol_error);
  EXPECT_FALSE(server.is_within_head());
}

http::Fields large_fields(int count) {
  http::Fields fields;
  for (int i = 0; i < count; ++i) fields.add("x", std::string(20'000, 'x'));
  return fields;
}

struct LargeHeads : Pair {
  LargeHeads() : Pair({.head = {.head_bytes = 262'144}}) {}
};

TEST_F(LargeHeads, ReachThePeer) {
  const auto stream = ask("/", false, large_fields(5));
  exchange();
  EXPECT_TRUE(stream->has_sent_head());
  EXPECT_EQ(stream->closed, std::nullopt);
  ASSERT_EQ(served.size(), 1u);
  EXPECT_TRUE(served[0]->has_head);
  EXPECT_GT(served[0]->block().bytes(), 100'000u);
}

TEST_F(Pair, AHeadThatIsTooLargeToSendIsNotThePeersFault) {
  const auto stream = ask("/", false, large_fields(30));
  exchange();
  EXPECT_EQ(stream->closed, Code::internal_error);
  EXPECT_FALSE(stream->has_sent_head());
  EXPECT_TRUE(served.empty());
}

TEST_F(Pair, ARequestThatDidNotGoOutMayBeSentAgain) {
  exchange();
  const auto taken_back = ask("/", false);
  client.reset(*taken_back, Code::cancel);
  exchange();
  EXPECT_EQ(taken_back->closed, Code::refused_stream);
  const auto behind_goodbye = ask("/", false);
  server.end_gracefully();
  move(server, client);
  exchange();
  EXPECT_EQ(behind_goodbye->closed, Code::refused_stream);
  EXPECT_TRUE(served.empty());
}

TEST_F(Pair, CountsWhatBringsNothing) {
  exchange();
  (void)server.take_nuisance();
  for (int i = 0; i < 10; ++i) client.ping();
  std::vector<std::unique_ptr<Peer>> visitors;
  for (int i = 0; i < 5; ++i) {
    visitors.push_back(ask("/", false));
    move(client, server);
    client.reset(*visitors.back(), Code::cancel);
    move(client, server);
  }
  exchange();
  const auto nuisance = server.take_nuisance();
  EXPECT_EQ(nuisance.resets, 5u);
  EXPECT_EQ(nuisance.control, 10u);
}

}  // namespace
}  // namespace meridian::edge::h2
