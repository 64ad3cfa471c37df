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
#include <openssl/err.h>
#include <openssl/ssl.h>

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

/// The alert by which the edge asks for the certificate that is not there. TLS 1.2 has no alert of
/// its own for it (RFC 5246 section 7.4.6), so there it must have asked for one before.
bool wants_certificate(SSL* ssl, const boost::system::error_code& error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  if (SSL_version(ssl) == TLS1_3_VERSION) return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED;
  return SSL_get0_peer_CA_list(ssl) != nullptr && (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
                                                   reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE);
}

/// The steps in order. A deadline that passes closes the socket, and the step that waits fails.
asio::awaitable<std::string> take_steps(asio::ssl::stream<tcp::socket>& stream,
                                        tcp::endpoint endpoint, ProbedName name) {
  const auto [not_connected] = co_await stream.next_layer().async_connect(endpoint, as_result);
  if (not_connected) co_return failed("TCP", not_connected);
  if (name.hostname.empty()) co_return std::string();
  SSL* const ssl = stream.native_handle();
  SSL_set_tlsext_host_name(ssl, name.hostname.c_str());
  const auto [no_tls] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_result);
  if (no_tls && name.demands_certificate && wants_certificate(ssl, no_tls)) co_return std::string();
  if (no_tls) co_return failed("TLS", no_tls);
  const auto request = request_for(name.hostname);
  const auto [not_sent, sent] =
      co_await asio::async_write(stream, asio::buffer(request), as_result);
  // With TLS 1.3 the refusal comes after the handshake, and the edge may have closed meanwhile.
  if (not_sent && !name.demands_certificate) co_return failed("HTTP", not_sent);
  std::array<char, kStatusLine.size()> head;
  const auto [no_answer, got] = co_await asio::async_read(stream, asio::buffer(head), as_result);
  if (no_answer && name.demands_certificate && wants_certificate(ssl, no_answer))
    co_return std::string();
  if (no_answer) co_return failed("HTTP", no_answer);
  const std::string_view status(head.data(), head.size());
  if (status == kStatusLine) co_return std::string();
  co_return "HTTP: the answer is " + std::string(status) + ", not 200";
}

}  // namespace

asio::awaitable<std::string> probe(asio::ssl::context& tls, Endpoint endpoint, ProbedName name,
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
  auto failure = co_await take_steps(stream, target, std::move(name));
  // The handler sees this frame: it must have run, or be gone, before the frame is.
  timer.cancel();
  co_await asio::post(executor, asio::use_awaitable);
  if (late) co_return "no answer within " + std::to_string(deadline.count()) + " ms";
  co_return failure;
}

}  // namespace meridian::dns
