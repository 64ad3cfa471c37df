#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "edge-node/http/message.h"

namespace meridian::edge::testing {

/// A customer's server: blocking sockets, a thread for each connection, on 127.0.0.1. What it
/// answers is the test's function.
class Origin {
 public:
  struct Request {
    http::RequestHead head;
    std::string body;
  };
  /// Bytes to send. `wait_for` in between: not before open_gate().
  struct Reply {
    std::string bytes;
    bool gated = false;
    std::string after_gate;
    bool close = false;
  };
  using Answer = std::function<Reply(const Request&)>;

  /// `tls_chain`, `tls_key`: PEM; with TLS if given. `client_ca`: PEM of who must have signed the
  /// client's certificate; not asked for if empty.
  explicit Origin(Answer answer, std::string tls_chain = {}, std::string tls_key = {},
                  std::string client_ca = {});
  ~Origin();

  std::uint16_t port() const { return port_; }
  /// Without those of probes.
  int requests() const { return requests_.load(); }
  int connections() const { return connections_.load(); }
  int probes() const { return probes_.load(); }
  /// All bytes that have come so far, well-formed or not; without those of probes.
  std::string received();
  /// Now; those of probes too.
  std::size_t open_connections();
  void open_gate();
  /// Refuses connections from now on and closes those there are.
  void stop();

 private:
  void accept();
  void serve(int fd);

  Answer answer_;
  std::string tls_chain_, tls_key_, client_ca_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  std::atomic<int> probes_{0};
  std::mutex mutex_;
  std::condition_variable gate_;
  bool open_ = false;
  bool stopped_ = false;
  std::set<int> fds_;
  std::string received_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with these fields ("Name: value\r\n") and a Content-Length body.
std::string reply(int status, const std::string& fields, const std::string& body);

}  // namespace meridian::edge::testing
