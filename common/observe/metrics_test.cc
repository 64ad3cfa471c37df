#include "common/observe/metrics.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace meridian {
namespace {

std::string scrape(std::uint16_t port) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  asio::write(socket, asio::buffer(request));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  return answer;
}

TEST(Metrics, ServesWhatIsRegisteredAsItIsNow) {
  auto server = MetricsServer::listen(parse_endpoint("127.0.0.1:0").value()).value();
  WorkerCounter queries;
  server->add_counter("meridian_test_queries_total", "Queries.", [&] {
    return std::vector<MetricSample>{{{{"transport", "udp"}}, double(queries.value())}};
  });
  server->add_gauge("meridian_test_revision", "Revision.", read_value([] { return 7.0; }));
  queries.add(41);
  queries.add();
  const auto text = scrape(server->port());
  EXPECT_NE(text.find("meridian_test_queries_total{transport=\"udp\"} 42"), std::string::npos);
  EXPECT_NE(text.find("# TYPE meridian_test_queries_total counter"), std::string::npos);
  EXPECT_NE(text.find("meridian_test_revision 7"), std::string::npos);
}

TEST(Metrics, SaysThatTheAddressIsTaken) {
  const auto first = MetricsServer::listen(parse_endpoint("127.0.0.1:0").value());
  ASSERT_TRUE(first);
  const Endpoint taken{parse_address("127.0.0.1").value(), first.value()->port()};
  const auto second = MetricsServer::listen(taken);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text().find("cannot listen on " + taken.text()), std::string::npos);
}

}  // namespace
}  // namespace meridian
