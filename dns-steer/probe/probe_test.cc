#include "dns-steer/probe/probe.h"

#include <functional>
#include <string>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "common/tls/certificate.h"

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr const char* kHostname = "www.shop.example";

/// An edge that takes one visitor, and says 200 to whom TLS lets through.
class Server {
 public:
  using Change = std::function<void(SSL_CTX*)>;

  explicit Server(const Change& change) {
    const auto key = tls::make_key();
    const tls::X509Ptr certificate(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    SSL_CTX_use_certificate(tls_.native_handle(), certificate.get());
    SSL_CTX_use_PrivateKey(tls_.native_handle(), key.get());
    SSL_CTX_add_client_CA(tls_.native_handle(), certificate.get());
    change(tls_.native_handle());
    thread_ = std::thread([this] { serve_one(); });
  }
  ~Server() { thread_.join(); }

  Endpoint endpoint() const {
    return {parse_address("127.0.0.1").value(), acceptor_.local_endpoint().port()};
  }

 private:
  void serve_one() {
    asio::ssl::stream<tcp::socket> visitor(acceptor_.accept(), tls_);
    boost::system::error_code error;
    visitor.handshake(asio::ssl::stream_base::server, error);
    if (error) return;
    std::string request;
    asio::read_until(visitor, asio::dynamic_buffer(request), "\r\n\r\n", error);
    asio::write(visitor, asio::buffer(std::string("HTTP/1.1 200 OK\r\n\r\n")), error);
  }

  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  std::thread thread_;
};

/// Why a probe of a server that is like this fails; empty: it succeeds.
std::string probed(const Server::Change& change, const ProbedName& name) {
  const Server server(change);
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  auto outcome = asio::co_spawn(
      context, probe(tls, server.endpoint(), name, std::chrono::seconds(30)), asio::use_future);
  context.run();
  return outcome.get();
}

Server::Change demand(int version) {
  return [version](SSL_CTX* context) {
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  };
}

TEST(Probe, SucceedsWhereVisitorsAreServed) {
  EXPECT_EQ(probed([](SSL_CTX*) {}, {kHostname}), "");
  EXPECT_EQ(probed([](SSL_CTX*) {}, {kHostname, true}), "") << "the demand has just been dropped";
}

TEST(Probe, TakesTheDemandForACertificateForAnAnswerWhereItIsExpected) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(probed(demand(version), {kHostname, true}), "") << version;
    EXPECT_NE(probed(demand(version), {kHostname}), "") << version;
  }
}

TEST(Probe, TakesNoOtherRefusalForAnAnswer) {
  const auto no_cipher = [](SSL_CTX* context) {  // the key is not for it
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "AES128-GCM-SHA256");
  };
  EXPECT_NE(probed(no_cipher, {kHostname, true}), "") << "the same alert as for no certificate";
  const auto unknown_name = [](SSL_CTX* context) {
    SSL_CTX_set_client_hello_cb(
        context,
        [](SSL*, int* alert, void*) {
          *alert = SSL_AD_UNRECOGNIZED_NAME;
          return SSL_CLIENT_HELLO_ERROR;
        },
        nullptr);
  };
  EXPECT_NE(probed(unknown_name, {kHostname, true}), "");
}

}  // namespace
}  // namespace meridian::dns
