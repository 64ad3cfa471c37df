#include "edge-node/testing/origin.h"

#include <memory>
#include <utility>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge-node/http/body.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/net/visitor_tls.h"

namespace meridian::edge::testing {
namespace {

/// A socket with or without TLS, blocking.
class Peer {
 public:
  Peer(int fd, SSL_CTX* context) : fd_(fd), ssl_(context ? SSL_new(context) : nullptr, SSL_free) {
    if (!ssl_) return;
    SSL_set_fd(ssl_.get(), fd);
    ok_ = SSL_accept(ssl_.get()) == 1;
  }
  bool ok() const { return ok_; }
  bool read_into(std::string& buffer) {
    char bytes[16384];
    const auto size = ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes)
                           : static_cast<int>(::recv(fd_, bytes, sizeof bytes, 0));
    if (size <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(size));
    received_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  /// Since the last call.
  std::string take_received() { return std::exchange(received_, {}); }
  void send(std::string_view bytes) {
    if (bytes.empty()) return;
    if (ssl_)
      SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    else
      (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

 private:
  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool ok_ = true;
  std::string received_;
};

std::optional<Origin::Request> read_request(Peer& peer, std::string& buffer) {
  http::RequestParser parser;
  http::Progress progress;
  while ((progress = parser.parse(buffer)) == http::Progress::more)
    if (!peer.read_into(buffer)) return std::nullopt;
  if (progress == http::Progress::failed) return std::nullopt;
  buffer.erase(0, parser.size());
  Origin::Request request{std::move(parser.head()), {}};
  http::BodyDecoder body(request.head.framing);
  while (!body.done() && !body.failed()) {
    const auto step = body.step(buffer);
    request.body += step.data;
    buffer.erase(0, step.consumed);
    if (!body.done() && buffer.empty() && !peer.read_into(buffer)) return std::nullopt;
  }
  return request;
}

}  // namespace

std::string reply(int status, const std::string& fields, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Origin::Origin(Answer answer, std::string tls_chain, std::string tls_key, std::string client_ca)
    : answer_(std::move(answer)),
      tls_chain_(std::move(tls_chain)),
      tls_key_(std::move(tls_key)),
      client_ca_(std::move(client_ca)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  ::listen(listener_, 128);
  acceptor_ = std::thread([this] { accept(); });
}

Origin::~Origin() { stop(); }

void Origin::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = open_ = true;
    for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
  }
  gate_.notify_all();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (auto& thread : threads_) thread.join();
}

std::string Origin::received() {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::size_t Origin::open_connections() {
  const std::lock_guard lock(mutex_);
  return fds_.size();
}

void Origin::open_gate() {
  {
    const std::lock_guard lock(mutex_);
    open_ = true;
  }
  gate_.notify_all();
}

void Origin::accept() {
  for (;;) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      ::close(fd);
      return;
    }
    fds_.insert(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void Origin::serve(int fd) {
  TlsContext context;
  const CertificateSource own{.name = "origin", .chain_pem = tls_chain_, .key_pem = tls_key_};
  if (!tls_chain_.empty())
    context = *make_site_context(
        {.certificates = {&own, 1}, .id = "origin", .client_ca_pem = client_ca_});
  bool counted = false;
  {
    Peer peer(fd, context.get());
    std::string buffer;
    while (peer.ok()) {
      const auto request = read_request(peer, buffer);
      const bool probe = request && request->head.fields.find("user-agent") == "meridian-probe";
      if (const auto bytes = peer.take_received(); !probe) {
        const std::lock_guard lock(mutex_);
        received_ += bytes;
      }
      if (!request) break;
      if (probe) {
        ++probes_;
        peer.send(reply(200, "Connection: close\r\n", ""));
        break;
      }
      if (!std::exchange(counted, true)) ++connections_;
      ++requests_;
      const auto answer = answer_(*request);
      peer.send(answer.bytes);
      if (answer.gated) {
        std::unique_lock lock(mutex_);
        gate_.wait(lock, [this] { return open_; });
      }
      peer.send(answer.after_gate);
      if (answer.close) {
        // Bytes that nobody takes in become a reset, in which the end of the answer may be lost.
        ::shutdown(fd, SHUT_WR);
        while (peer.read_into(buffer)) {
          const std::lock_guard lock(mutex_);
          received_ += peer.take_received();
        }
        break;
      }
    }
  }
  const std::lock_guard lock(mutex_);
  fds_.erase(fd);
  ::close(fd);
}

}  // namespace meridian::edge::testing
