#include <array>
#include <future>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "dns-steer/io/worker_pool.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using testing::Packet;

const char kMail[] = "NOERROR aa\nanswer mail.shop.test. 300 IN A 192.0.2.25";

Packet question(const std::string& name = "mail.shop.test") {
  return testing::packet({.name = name});
}

/// Two workers on 127.0.0.1 and on a port that was free.
class WorkerPoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto served = pool_.serve(testing::serving_from(testing::kShop));
    ASSERT_TRUE(served) << served.error().text();
    ASSERT_EQ(pool_.bound().size(), 1u);
    port_ = pool_.bound()[0].port;
  }

  Packet ask_udp(const Packet& query, const char* server = "127.0.0.1") {
    udp::socket socket(context_, udp::endpoint(udp::v4(), 0));
    const udp::endpoint target(asio::ip::make_address(server), port_);
    socket.send_to(asio::buffer(query), target);
    Packet answer(2000);
    udp::endpoint from;
    answer.resize(socket.receive_from(asio::buffer(answer), from));
    EXPECT_EQ(from, target);
    return answer;
  }

  tcp::socket connect() {
    tcp::socket socket(context_);
    socket.connect({asio::ip::make_address("127.0.0.1"), port_});
    return socket;
  }
  static Packet framed(const Packet& query) {
    Packet framed{static_cast<std::uint8_t>(query.size() >> 8),
                  static_cast<std::uint8_t>(query.size())};
    framed.insert(framed.end(), query.begin(), query.end());
    return framed;
  }
  static Packet read_answer(tcp::socket& socket) {
    std::array<std::uint8_t, 2> size;
    asio::read(socket, asio::buffer(size));
    Packet answer(static_cast<std::size_t>(size[0] << 8 | size[1]));
    asio::read(socket, asio::buffer(answer));
    return answer;
  }
  /// The server closes without an answer.
  static bool is_cut(tcp::socket& socket) {
    std::array<std::uint8_t, 1> octet;
    boost::system::error_code error;
    asio::read(socket, asio::buffer(octet), error);
    return error.failed();
  }

  asio::io_context context_;
  WorkerPool pool_{{parse_endpoint("127.0.0.1:0").value()}, 2};
  std::uint16_t port_ = 0;
};

TEST_F(WorkerPoolTest, AnswersByUdp) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(testing::describe(ask_udp(question())), kMail);
}

TEST_F(WorkerPoolTest, AnswersManyQueriesOfOneClient) {
  udp::socket socket(context_, udp::endpoint(udp::v4(), 0));
  socket.connect({asio::ip::make_address("127.0.0.1"), port_});
  auto query = question();
  for (std::uint8_t i = 0; i < 200; ++i) {
    query[0] = i;
    socket.send(asio::buffer(query));
  }
  std::array<int, 200> seen{};
  for (int i = 0; i < 200; ++i) {
    Packet answer(2000);
    answer.resize(socket.receive(asio::buffer(answer)));
    ++seen.at(answer.at(0));
  }
  for (const auto count : seen) EXPECT_EQ(count, 1);
}

TEST_F(WorkerPoolTest, AnswersByTcpInOrder) {
  auto socket = connect();
  auto both = framed(question());
  const auto second = framed(question("nope.shop.test"));
  both.insert(both.end(), second.begin(), second.end());
  asio::write(socket, asio::buffer(both));
  EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
  EXPECT_EQ(testing::describe(read_answer(socket)).substr(0, 8), "NXDOMAIN");
  asio::write(socket, asio::buffer(framed(question())));
  EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
}

TEST_F(WorkerPoolTest, AnswersMoreQueriesThanItHoldsAtOnce) {
  auto socket = connect();
  constexpr int kQueries = 2000;
  // A client that writes everything before it reads: both must go on.
  const auto writing = std::async(std::launch::async, [&] {
    Packet all;
    for (int i = 0; i < kQueries; ++i) {
      const auto one = framed(question());
      all.insert(all.end(), one.begin(), one.end());
    }
    asio::write(socket, asio::buffer(all));
  });
  for (int i = 0; i < kQueries; ++i) ASSERT_EQ(testing::describe(read_answer(socket)), kMail);
}

TEST_F(WorkerPoolTest, AnswersAQueryThatComesInPieces) {
  auto socket = connect();
  socket.set_option(tcp::no_delay(true));
  for (const auto octet : framed(question())) asio::write(socket, asio::buffer(&octet, 1));
  EXPECT_EQ(testing::describe(read_answer(socket)), kMail);
}

TEST_F(WorkerPoolTest, CutsWhatIsNotDns) {
  using namespace std::string_literals;
  for (const auto& text : {"\0\0"s, "\0\x01x"s, "\0\x0bxxxxxxxxxxx"s}) {
    auto socket = connect();
    asio::write(socket, asio::buffer(text));
    EXPECT_TRUE(is_cut(socket));
  }
  EXPECT_EQ(testing::describe(ask_udp(question())), kMail);
}

TEST_F(WorkerPoolTest, GoesOverToNewsBetweenTwoQueries) {
  HealthView view;
  view.edges["edge-fra"].up = false;
  EXPECT_EQ(testing::describe(ask_udp(question("www.shop.test"))),
            "NOERROR aa\nanswer www.shop.test. 20 IN A 192.0.2.1");
  ASSERT_TRUE(pool_.serve(testing::serving_from(testing::kShop, view)));
  const std::string after = "NOERROR aa\nanswer www.shop.test. 20 IN A 192.0.2.2";
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(testing::describe(ask_udp(question("www.shop.test"))), after);
  // To TCP the news are a task of the workers' loops: they come, but not at once.
  const auto ask_tcp = [this] {
    auto socket = connect();
    asio::write(socket, asio::buffer(framed(question("www.shop.test"))));
    return testing::describe(read_answer(socket));
  };
  while (ask_tcp() != after) {
  }
}

TEST_F(WorkerPoolTest, CountsWhatItDoes) {
  (void)ask_udp(question());
  (void)ask_udp(question("other.test"));
  const auto sum = [&](Rcode rcode) {
    std::uint64_t all = 0;
    for (const auto& worker : pool_.counters())
      all += worker.answers[0][static_cast<std::size_t>(rcode)].value();
    return all;
  };
  EXPECT_EQ(sum(Rcode::no_error), 1u);
  EXPECT_EQ(sum(Rcode::refused), 1u);
}

TEST(WorkerPool, AnswersFromTheAddressThatWasAsked) {
  WorkerPool pool({parse_endpoint("0.0.0.0:0").value()}, 1);
  ASSERT_TRUE(pool.serve(testing::serving_from(testing::kShop)));
  asio::io_context context;
  for (const auto* server : {"127.0.0.1", "127.9.8.7"}) {
    udp::socket socket(context, udp::endpoint(udp::v4(), 0));
    const udp::endpoint target(asio::ip::make_address(server), pool.bound()[0].port);
    socket.send_to(asio::buffer(question()), target);
    Packet answer(2000);
    udp::endpoint from;
    answer.resize(socket.receive_from(asio::buffer(answer), from));
    EXPECT_EQ(from, target);
  }
}

TEST(WorkerPool, SaysWhichAddressItCannotHave) {
  asio::io_context context;
  udp::socket taken(context, udp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  WorkerPool pool({{parse_address("127.0.0.1").value(), taken.local_endpoint().port()}}, 1);
  const auto served = pool.serve(testing::serving_from(testing::kShop));
  ASSERT_FALSE(served);
  EXPECT_EQ(served.error().what, "cannot be listened on by UDP: Address already in use");
}

}  // namespace
}  // namespace meridian::dns
