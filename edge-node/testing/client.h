#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace meridian::edge::testing {

struct Response {
  int status = 0;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;
  bool complete = false;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

/// A visitor with blocking sockets, to 127.0.0.1; every read gives up after 10 s.
class Client {
 public:
  /// With TLS if `server_name` is given.
  /// `resume`: offers the session of this one, which has read a response. `in_front`: sent before
  /// anything else. `protocol`: by ALPN. `from`: which address of 127.0.0.0/8 it comes from.
  explicit Client(std::uint16_t port, std::optional<std::string> server_name = {},
                  const Client* resume = nullptr, std::string_view in_front = {},
                  const std::string& protocol = {}, const std::string& from = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// The TLS handshake, if any, has worked.
  bool connected() const { return connected_; }
  bool resumed() const;
  void send(std::string_view bytes);
  /// By TLS, each byte in a record of its own. False: the peer takes no more.
  bool send_bytewise(std::string_view bytes);
  /// So many times, by TLS 1.3 (RFC 8446 section 4.6.3). False: the peer takes no more.
  bool change_keys(int times);
  /// The next response on the connection. `bodiless`: to HEAD.
  Response read_response(bool bodiless = false);
  /// Sends a GET and reads the answer.
  Response get(const std::string& host, const std::string& target,
               const std::string& more_fields = "");
  /// The peer has closed, and there is nothing more to read.
  bool at_end();
  /// At least one more byte into what read_response() takes; false at the end.
  bool read_more();
  void shutdown_write();
  const std::string& unread() const { return buffer_; }
  void drop_unread(std::size_t bytes = std::string::npos) { buffer_.erase(0, bytes); }

 private:
  struct Free {
    void operator()(SSL* ssl) const;
    void operator()(SSL_CTX* context) const;
  };
  bool send_at_once(const std::function<void(SSL*)>& make_records);
  int fd_ = -1;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace meridian::edge::testing
