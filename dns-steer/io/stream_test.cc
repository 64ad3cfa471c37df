#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "dns-steer/io/worker_pool.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::Packet;
using namespace std::chrono_literals;

const char kMail[] = "NOERROR aa\nanswer mail.shop.test. 300 IN A 192.0.2.25";
constexpr std::uint16_t kKeepalive = 11;

Packet framed(const Packet& query) {
  Packet framed{static_cast<std::uint8_t>(query.size() >> 8),
                static_cast<std::uint8_t>(query.size())};
  framed.insert(framed.end(), query.begin(), query.end());
  return framed;
}

Packet question(const std::string& name = "mail.shop.test") {
  return framed(testing::packet({.name = name}));
}

/// One worker with small limits, so that what should happen at them happens soon.
struct Server {
  explicit Server(StreamOptions options = {})
      : pool({parse_endpoint("127.0.0.1:0").value()}, 1, std::move(options)) {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_TRUE(pool.serve(testing::serving_from(testing::kShop)));
  }

  tcp::socket connect() {
    tcp::socket socket(context);
    socket.connect({asio::ip::make_address("127.0.0.1"), pool.bound().at(0).port});
    return socket;
  }

  std::uint64_t count(WorkerCounter WorkerCounters::*counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : pool.counters()) sum += (worker.*counter).value();
    return sum;
  }

  /// The server's side may still be on its way when a client sees its end.
  void await(WorkerCounter WorkerCounters::*counter, std::uint64_t value) const {
    while (count(counter) < value) std::this_thread::yield();
    EXPECT_EQ(count(counter), value);
  }

  asio::io_context context;
  WorkerPool pool;
};

Packet read_answer(tcp::socket& socket) {
  std::array<std::uint8_t, 2> size;
  asio::read(socket, asio::buffer(size));
  Packet answer(static_cast<std::size_t>(size[0] << 8 | size[1]));
  asio::read(socket, asio::buffer(answer));
  return answer;
}

/// The server closes; what it sent before is thrown away.
void expect_end(tcp::socket& socket) {
  std::array<std::uint8_t, 4096> octets;
  boost::system::error_code error;
  while (!error) socket.read_some(asio::buffer(octets), error);
  EXPECT_TRUE(error == asio::error::eof || error == asio::error::connection_reset)
      << error.message();
}

void send(tcp::socket& socket, const Packet& octets) { asio::write(socket, asio::buffer(octets)); }

TEST(Stream, EndsWhenNothingIsAsked) {
  Server server({.limits = {.idle = 20ms}});
  auto socket = server.connect();
  send(socket, question());
  EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
  expect_end(socket);
  server.await(&WorkerCounters::streams_idle, 1);
  EXPECT_EQ(server.count(&WorkerCounters::streams_cut_slow), 0u);
}

TEST(Stream, EndsWhenAQueryDoesNotBecomeWhole) {
  Server server({.limits = {.query = 20ms}});
  auto socket = server.connect();
  auto half = question();
  half.resize(half.size() / 2);
  send(socket, half);
  expect_end(socket);
  server.await(&WorkerCounters::streams_cut_slow, 1);
}

TEST(Stream, EndsWhenItSpeaksAnotherProtocol) {  // what looks like a long query never comes
  Server server({.limits = {.query = 20ms}});
  for (const std::string text : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x01\x01"}) {
    auto socket = server.connect();
    send(socket, Packet(text.begin(), text.end()));
    expect_end(socket);
  }
  server.await(&WorkerCounters::streams_cut_slow, 2);
}

TEST(Stream, EndsWhenAnswersAreNotRead) {
  Server server({.limits = {.answer = 20ms}});
  auto socket = server.connect();
  boost::system::error_code error;
  while (!error) asio::write(socket, asio::buffer(question()), error);
  server.await(&WorkerCounters::streams_cut_slow, 1);
}

TEST(Stream, AnswersWhatWasAskedBeforeTheClientsEnd) {
  Server server;
  auto socket = server.connect();
  auto both = question();
  const auto second = question("nope.shop.test");
  both.insert(both.end(), second.begin(), second.end());
  both.insert(both.end(), second.begin(), second.begin() + 5);
  send(socket, both);
  socket.shutdown(tcp::socket::shutdown_send);
  EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
  EXPECT_EQ(testing::describe(read_answer(socket)).substr(0, 8), "NXDOMAIN");
  expect_end(socket);
}

TEST(Stream, AnswersWhatWasAskedBeforeJunk) {
  Server server;
  for (const auto& junk : {Packet{0, 0}, Packet{0, 11, 1}, framed(Packet(12, 0xff))}) {
    auto socket = server.connect();
    auto octets = question();
    octets.insert(octets.end(), junk.begin(), junk.end());
    send(socket, octets);
    EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
    expect_end(socket);
  }
  server.await(&WorkerCounters::streams_cut_not_dns, 3);
}

TEST(Stream, TakesAQueryOfAnySize) {
  Server server;
  auto socket = server.connect();
  const auto padded =
      testing::packet({.name = "mail.shop.test",
                       .edns = true,
                       .options = testing::edns_option(65001, std::string(60'000, 'x'))});
  send(socket, framed(padded));
  send(socket, framed(padded));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(testing::describe(read_answer(socket)).substr(0, sizeof kMail - 1), kMail);
}

TEST(Stream, HasRoomForSoManyOfAClient) {
  Server server({.limits = {.connections_per_client = 2}});
  auto first = server.connect();
  auto second = server.connect();
  server.await(&WorkerCounters::tcp_accepted, 2);
  auto third = server.connect();
  expect_end(third);
  server.await(&WorkerCounters::streams_refused_client, 1);
  first.close();
  while (server.pool.connections() == 2) std::this_thread::yield();
  auto fourth = server.connect();
  send(fourth, question());
  EXPECT_EQ(testing::describe(read_answer(fourth)), kMail);
}

TEST(Stream, HasRoomForSoManyInAll) {
  Server server({.limits = {.connections = 1}});
  auto first = server.connect();
  server.await(&WorkerCounters::tcp_accepted, 1);
  auto second = server.connect();
  expect_end(second);
  server.await(&WorkerCounters::streams_refused, 1);
}

TEST(Stream, EndsWhenBuffersAreFull) {
  Server server({.limits = {.buffered_octets = 1000}});
  auto socket = server.connect();
  send(socket, {0xff, 0xff});
  boost::system::error_code error;
  asio::write(socket, asio::buffer(Packet(5000)), error);
  expect_end(socket);
  server.await(&WorkerCounters::streams_cut_memory, 1);
}

TEST(Stream, ForgetsConnectionsThatAreReset) {
  Server server;
  auto socket = server.connect();
  send(socket, question());
  EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
  socket.set_option(tcp::socket::linger(true, 0));
  socket.close();
  while (server.pool.connections() != 0) std::this_thread::yield();
}

TEST(Stream, SaysHowLongItStaysIdle) {  // RFC 7828
  Server server({.limits = {.idle = 7s}});
  auto socket = server.connect();
  const auto asked = [&](const std::string& data) {
    send(socket, framed(testing::packet({.name = "mail.shop.test",
                                         .edns = true,
                                         .options = testing::edns_option(kKeepalive, data)})));
    return read_answer(socket);
  };
  EXPECT_EQ(testing::option_of(asked(""), kKeepalive), "0046");
  EXPECT_EQ(testing::describe(asked("x")).substr(0, 7), "FORMERR");
  EXPECT_EQ(testing::describe(asked("xx")).substr(0, 7), "FORMERR");
  send(socket, framed(testing::packet({.name = "mail.shop.test", .edns = true})));
  EXPECT_EQ(testing::option_of(read_answer(socket), kKeepalive), "none");
}

/// Answers "long.test" with messages that hold their number.
class Counting : public MessageSource {
 public:
  Counting(std::uint16_t messages, std::size_t octets) : messages_(messages), octets_(octets) {}
  std::size_t next(std::span<std::uint8_t> out) override {
    if (sent_ == messages_) return 0;
    std::fill_n(out.begin(), octets_, std::uint8_t{0});
    out[0] = static_cast<std::uint8_t>(sent_ >> 8);
    out[1] = static_cast<std::uint8_t>(sent_++);
    return octets_;
  }

 private:
  std::uint16_t sent_ = 0;
  std::uint16_t messages_;
  std::size_t octets_;
};

OpenSource counting(std::uint16_t messages, std::size_t octets) {
  const auto name = testing::packet({.name = "long.test"});
  return [=](const Request& request, const std::shared_ptr<const Serving>&,
             const Now&) -> std::unique_ptr<MessageSource> {
    if (!std::equal(name.begin() + 12, name.end(), request.message.begin() + 12,
                    request.message.end()))
      return {};
    return std::make_unique<Counting>(messages, octets);
  };
}

TEST(Stream, SendsAnswersOfManyMessages) {
  Server server({.open_source = counting(1000, 30'000)});
  auto socket = server.connect();
  send(socket, question("long.test"));
  socket.shutdown(tcp::socket::shutdown_send);
  for (std::size_t i = 0; i < 1000; ++i) {
    const auto message = read_answer(socket);
    ASSERT_EQ(message.size(), 30'000u);
    ASSERT_EQ(static_cast<std::size_t>(message[0] << 8 | message[1]), i);
  }
  expect_end(socket);
}

TEST(Stream, AnswersOthersWhileAnAnswerOfManyMessagesIsUnderWay) {
  Server server({.open_source = counting(60'000, 30'000)});
  auto socket = server.connect();
  for (int i = 0; i < 10; ++i) send(socket, question("long.test"));
  auto other = server.connect();
  send(other, question());
  EXPECT_EQ(testing::describe(read_answer(other)), kMail);
  auto few = server.connect();
  send(few, question("long.test"));
  send(few, question());
  auto answer = read_answer(few);
  while (answer.size() == 30'000) answer = read_answer(few);
  EXPECT_EQ(testing::describe(answer), kMail);
}

}  // namespace
}  // namespace meridian::dns
