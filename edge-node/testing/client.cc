#include "edge-node/testing/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/http/body.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/http/token.h"

namespace meridian::edge::testing {

void Client::Free::operator()(SSL* ssl) const { SSL_free(ssl); }
void Client::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Client::Client(std::uint16_t port, std::optional<std::string> server_name, const Client* resume,
               std::string_view in_front, const std::string& protocol, const std::string& from)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (!from.empty()) {
    ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (connected_) send(in_front);
  if (!connected_ || !server_name) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  if (!server_name->empty()) SSL_set_tlsext_host_name(ssl_.get(), server_name->c_str());
  if (resume) SSL_set_session(ssl_.get(), SSL_get0_session(resume->ssl_.get()));
  if (!protocol.empty()) {
    const std::string offer = static_cast<char>(protocol.size()) + protocol;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
  }
  connected_ = SSL_connect(ssl_.get()) == 1;
}

bool Client::resumed() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }

Client::~Client() {
  ssl_.reset();
  ::close(fd_);
}

void Client::send(std::string_view bytes) {
  if (ssl_)
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  else
    (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

/// Many records with few system calls, so that who opens them is the slower one.
bool Client::send_at_once(const std::function<void(SSL*)>& make_records) {
  SSL* const ssl = ssl_.get();
  SSL_set0_wbio(ssl, BIO_new(BIO_s_mem()));
  make_records(ssl);
  char* records = nullptr;
  const auto size = BIO_get_mem_data(SSL_get_wbio(ssl), &records);
  const bool sent = ::send(fd_, records, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  SSL_set0_wbio(ssl, BIO_new_socket(fd_, BIO_NOCLOSE));
  return sent;
}

bool Client::send_bytewise(std::string_view bytes) {
  return send_at_once([bytes](SSL* ssl) {
    for (const char& byte : bytes) SSL_write(ssl, &byte, 1);
  });
}

bool Client::change_keys(int times) {
  return send_at_once([times](SSL* ssl) {
    for (int i = 0; i < times; ++i) {
      SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(ssl);
    }
  });
}

void Client::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

bool Client::read_more() {
  char bytes[16384];
  const auto size = ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes)
                         : static_cast<int>(::recv(fd_, bytes, sizeof bytes, 0));
  if (size <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

bool Client::at_end() { return buffer_.empty() && !read_more(); }

Response Client::read_response(bool bodiless) {
  Response response;
  http::ResponseParser parser(bodiless ? http::ResponseTo::head : http::ResponseTo::other);
  http::Progress progress;
  while ((progress = parser.parse(buffer_)) == http::Progress::more)
    if (!read_more()) return response;
  if (progress == http::Progress::failed) return response;
  buffer_.erase(0, parser.size());
  response.status = parser.head().status;
  const auto& fields = parser.head().fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    response.fields[http::lower_text(fields[i].name)] = fields.combined(fields[i].name);
  http::BodyDecoder body(parser.head().framing);
  while (!body.done() && !body.failed()) {
    const auto step = body.step(buffer_);
    response.body += step.data;
    buffer_.erase(0, step.consumed);
    if (!body.done() && buffer_.empty() && !read_more() && !body.end_of_input()) return response;
  }
  response.complete = body.done();
  return response;
}

Response Client::get(const std::string& host, const std::string& target,
                     const std::string& more_fields) {
  send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + more_fields + "\r\n");
  return read_response();
}

}  // namespace meridian::edge::testing
