#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "edge-node/h2/session.h"

namespace meridian::edge::testing {

/// A customer's server that speaks HTTP/2 with prior knowledge: blocking sockets, a thread for each
/// connection, on 127.0.0.1. What it answers, when a request is complete, is the test's function.
class Http2Origin {
 public:
  struct Request {
    http::RequestHead head;
    std::string body;
    http::Fields trailers;
  };
  struct Reply {
    int status = 200;
    http::Fields fields;
    std::string body;
    http::Fields trailers;
    std::vector<std::pair<int, http::Fields>> interim;  // before it
    std::optional<h2::Code> reset;                      // instead of an answer
    bool goodbye = false;                               // no more requests on this connection
    bool endless = false;                               // the body goes on
  };
  using Answer = std::function<Reply(const Request&)>;

  /// `early` is asked first, when the head has come; status 0: wait for the body.
  /// `streams`: at once, on each connection.
  explicit Http2Origin(Answer answer, Answer early = {}, std::uint32_t streams = 100);
  ~Http2Origin();

  std::uint16_t port() const { return port_; }
  /// Both without those of probes.
  int requests() const { return requests_.load(); }
  int connections() const { return connections_.load(); }

 private:
  struct Conversation;
  void accept();
  void serve(int fd);

  Answer answer_, early_;
  const std::uint32_t streams_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  bool stopped_ = false;
  std::set<int> fds_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace meridian::edge::testing
