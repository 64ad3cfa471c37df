#include "common/control/enroll.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/hash.h"
#include "common/control/channel.h"
#include "common/tls/certificate.h"
#include "meridian/v1/enrollment.grpc.pb.h"

namespace meridian::control {
namespace {

constexpr timeval kHandshakeTimeout{.tv_sec = 5, .tv_usec = 0};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error unreachable(const std::string& controller, const std::string& why) {
  return Error("controller " + controller, why +
                                               ": is it running, is the address right, and does a "
                                               "firewall let TCP through?");
}

Result<std::unique_ptr<Socket>> connect_to(const std::string& controller) {
  const auto colon = controller.rfind(':');
  if (colon == std::string::npos || colon + 1 == controller.size())
    return Error("--controller", "'" + controller + "' is not of the form HOST:PORT");
  auto host = controller.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const addrinfo hints{.ai_flags = 0,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  if (const int code =
          ::getaddrinfo(host.c_str(), controller.substr(colon + 1).c_str(), &hints, &found);
      code != 0)
    return unreachable(controller, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  int last_error = 0;
  for (const auto* each = found; each; each = each->ai_next) {
    auto socket =
        std::make_unique<Socket>(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // The send timeout bounds connect() too.
    ::setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &kHandshakeTimeout,
                 sizeof kHandshakeTimeout);
    ::setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &kHandshakeTimeout,
                 sizeof kHandshakeTimeout);
    if (::connect(socket->get(), each->ai_addr, each->ai_addrlen) == 0) return socket;
    last_error = errno;
  }
  return unreachable(controller, std::strerror(last_error));
}

/// The CA certificate that the controller shows, if it has the fingerprint that the token carries.
/// Nothing else of the handshake is believed: gRPC verifies the controller with this CA afterwards.
Result<std::string> fetch_ca(const std::string& controller, const std::string& fingerprint) {
  const auto socket = connect_to(controller);
  if (!socket) return socket.error();
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  static constexpr unsigned char kH2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kH2, sizeof kH2);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
  SSL_set_fd(session.get(), (*socket)->get());
  if (SSL_connect(session.get()) != 1) {
    ERR_clear_error();
    return unreachable(controller, "no TLS handshake (not a controller's port?)");
  }
  auto* chain = SSL_get_peer_cert_chain(session.get());
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    auto* certificate = sk_X509_value(chain, i);
    if (to_hex(tls::fingerprint(*certificate)) == fingerprint)
      return tls::certificate_to_pem(*certificate);
  }
  return Error("controller " + controller,
               "is not the one that the join token was made by: its CA has another fingerprint. "
               "Is it the right address? Then make a new token: gslbctl token create");
}

v1::EnrollRequest make_request(const EnrollOptions& options, EVP_PKEY& key) {
  v1::EnrollRequest request;
  request.set_token(options.token);
  request.set_csr_pem(tls::make_request(key));
  request.set_name(options.name);
  request.set_role(options.role);
  for (const auto& address : options.addresses) request.add_addresses(address);
  if (options.https_port) request.set_https_port(*options.https_port);
  if (options.http_port) request.set_http_port(*options.http_port);
  return request;
}

}  // namespace

Result<tls::Identity> enroll(const EnrollOptions& options) {
  const auto token = tls::parse_join_token(options.token);
  if (!token) return at("--join", token.error());
  const auto ca_pem = fetch_ca(options.controller, token->ca_fingerprint);
  if (!ca_pem) return ca_pem.error();
  auto key = options.key_pem.empty() ? Result<tls::KeyPtr>(tls::make_key())
                                     : tls::parse_key(options.key_pem);
  if (!key) return at("the node's key", key.error());
  v1::EnrollResponse response;
  grpc::ClientContext context;
  context.set_deadline(WallClock::now() + std::chrono::seconds(10));
  const auto stub = v1::Enrollment::NewStub(
      make_channel(options.controller, {.chain_pem = {}, .key_pem = {}, .ca_pem = *ca_pem}));
  const auto status = stub->Enroll(&context, make_request(options, **key), &response);
  if (!status.ok())
    return Error("enrolment at " + options.controller + " refused", status.error_message());
  const auto chain = tls::parse_chain(response.chain_pem());
  if (!chain) return at("the certificate from " + options.controller, chain.error());
  if (!tls::matches(*chain->front(), **key))
    return Error("the certificate from " + options.controller, "is for another key");
  return tls::Identity{response.chain_pem(), tls::key_to_pem(**key), response.ca_pem()};
}

}  // namespace meridian::control
