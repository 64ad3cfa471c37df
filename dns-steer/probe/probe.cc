#include "dns-steer/probe/probe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kStatusLine = "HTTP/1.1 200";

tcp::endpoint to_asio(const Endpoint& endpoint) {
  const auto bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4())
    return {asio::ip::address_v4(endpoint.address.v4_value()), endpoint.port};
  asio::ip::address_v6::bytes_type v6;
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return {asio::ip::address_v6(v6), endpoint.port};
}

std::string failed(const char* step, const boost::system::error_code& error) {
  return std::string(step) + ": " + error.message();
}

std::string request_for(const std::string& hostname) {
  return "GET /.well-known/meridian/health HTTP/1.1\r\nHost: " + hostname +
         "\r\nUser-Agent: meridian-probe\r\nConnection: close\r\n\r\n";
}

/// The steps in order. A deadline that passes closes the socket, and the step that waits fails.
asio::awaitable<std::string> take_steps(asio::ssl::stream<tcp::socket>& stream,
                                        tcp::endpoint endpoint, std::string hostname) {
  const auto [not_connected] = co_await stream.next_layer().async_connect(endpoint, as_result);
  if (not_connected) co_return failed("TCP", not_connected);
  if (hostname.empty()) co_return std::string();
  SSL_set_tlsext_host_name(stream.native_handle(), hostname.c_str());
  const auto [no_tls] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_result);
  if (no_tls) co_return failed("TLS", no_tls);
  const auto request = request_for(hostname);
  const auto [not_sent, sent] =
      co_await asio::async_write(stream, asio::buffer(request), as_result);
  if (not_sent) co_return failed("HTTP", not_sent);
  std::array<char, kStatusLine.size()> head;
  const auto [no_answer, got] = co_await asio::async_read(stream, asio::buffer(head), as_result);
  if (no_answer) co_return failed("HTTP", no_answer);
  const std::string_view status(head.data(), head.size());
  if (status == kStatusLine) co_return std::string();
  co_return "HTTP: the answer is " + std::string(status) + ", not 200";
}

}  // namespace

asio::awaitable<std::string> probe(asio::ssl::context& tls, Endpoint endpoint, std::string hostname,
                                   std::chrono::milliseconds deadline) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ssl::stream<tcp::socket> stream(executor, tls);
  asio::steady_timer timer(executor, deadline);
  bool late = false;
  timer.async_wait([&stream, &late](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    late = true;
    boost::system::error_code ignored;
    stream.next_layer().close(ignored);
  });
  const auto target = to_asio(endpoint);
  auto failure = co_await take_steps(stream, target, std::move(hostname));
  // The handler sees this frame: it must have run, or be gone, before the frame is.
  timer.cancel();
  co_await asio::post(executor, asio::use_awaitable);
  if (late) co_return "no answer within " + std::to_string(deadline.count()) + " ms";
  co_return failure;
}

}  // namespace meridian::dns
