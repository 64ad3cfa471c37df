#include "dns-steer/io/channel.h"

#include <cerrno>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace meridian::dns {
namespace {

using Outcome = Moved::Outcome;

class Plain final : public Channel {
 public:
  explicit Plain(int socket) : socket_(socket) {}

  Moved open() override { return {}; }

  Moved read(std::span<std::uint8_t> into) override {
    return moved(::recv(socket_, into.data(), into.size(), 0), Outcome::wants_read);
  }

  Moved write(Bytes from) override {
    return moved(::send(socket_, from.data(), from.size(), MSG_NOSIGNAL), Outcome::wants_write);
  }

  void close() override {}

 private:
  static Moved moved(ssize_t octets, Outcome waiting) {
    if (octets > 0) return {Outcome::done, static_cast<std::size_t>(octets)};
    if (octets == 0) return {Outcome::ended};
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return {later ? waiting : Outcome::failed};
  }

  int socket_;
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

class Tls final : public Channel {
 public:
  explicit Tls(std::unique_ptr<SSL, FreeSsl> ssl) : ssl_(std::move(ssl)) {}

  Moved open() override {
    ERR_clear_error();
    return moved(SSL_accept(ssl_.get()), 0);
  }

  Moved read(std::span<std::uint8_t> into) override {
    std::size_t octets = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &octets);
    return moved(result, octets);
  }

  Moved write(Bytes from) override {
    std::size_t octets = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &octets);
    return moved(result, octets);
  }

  void close() override {
    if (failed_ || SSL_in_init(ssl_.get()) != 0) return;
    ERR_clear_error();
    (void)SSL_shutdown(ssl_.get());  // the other side's goodbye is not waited for
    ERR_clear_error();
  }

 private:
  Moved moved(int result, std::size_t octets) {
    if (result > 0) return {Outcome::done, octets};
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {Outcome::wants_read};
      case SSL_ERROR_WANT_WRITE:
        return {Outcome::wants_write};
      case SSL_ERROR_ZERO_RETURN:
        return {Outcome::ended};
      default:
        failed_ = true;  // after this, nothing may be called on it (SSL_get_error(3))
        ERR_clear_error();
        return {Outcome::failed};
    }
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(int socket) { return std::make_unique<Plain>(socket); }

std::unique_ptr<Channel> tls_channel(int socket, SSL_CTX& context) {
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(&context));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) {
    ERR_clear_error();
    return {};
  }
  return std::make_unique<Tls>(std::move(ssl));
}

}  // namespace meridian::dns
