#include "edge-node/testing/http2_origin.h"

#include <memory>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meridian::edge::testing {

/// One connection.
struct Http2Origin::Conversation final : h2::SessionUser {
  struct Stream final : h2::Stream {
    explicit Stream(Conversation& c) : conversation(c) {}
    void on_head() override {
      h2::RequestKind kind{.end_stream = has_input_end()};
      if (h2::to_request(block(), kind, request.head).status)
        return conversation.session.reset(*this, h2::Code::protocol_error);
      if (has_input_end()) return conversation.reply(*this, conversation.origin.answer_);
      if (!conversation.origin.early_) return;
      answer = conversation.origin.early_(request);
      if (answer.status != 0) conversation.reply(*this, conversation.origin.early_);
    }
    void on_input() override {
      for (auto bytes = conversation.session.read(*this); !bytes.empty();
           bytes = conversation.session.read(*this))
        request.body += bytes;
      if (!has_input_end()) return;
      request.trailers = trailers();
      if (!answered) conversation.reply(*this, conversation.origin.answer_);
    }
    void on_drained() override {}
    void on_close(h2::Code) override {}

    Conversation& conversation;
    Request request;
    Reply answer;
    bool answered = false;
  };

  explicit Conversation(Http2Origin& o) : origin(o) {}
  h2::Stream* on_open() override {
    streams.push_back(std::make_unique<Stream>(*this));
    return streams.back().get();
  }
  void on_goaway() override {}
  void on_pong() override {}

  void reply(Stream& stream, const Answer& answer_of) {
    stream.answered = true;
    if (stream.request.head.fields.find("user-agent") != "meridian-probe") {
      ++origin.requests_;
      if (!std::exchange(counted, true)) ++origin.connections_;
      stream.answer = answer_of(stream.request);
    }
    const Reply& answer = stream.answer;
    if (answer.reset) return session.reset(stream, *answer.reset);
    for (const auto& [status, fields] : answer.interim)
      session.send_interim(stream, status, fields);
    if (answer.goodbye) session.end_gracefully();
    session.send_response(stream, answer.status, answer.fields, std::nullopt, true);
    (void)session.write(stream, answer.body);
    if (!answer.endless) session.end(stream, &answer.trailers);
  }

  Http2Origin& origin;
  std::vector<std::unique_ptr<Stream>> streams;
  h2::Session session{h2::Role::server, *this, {.streams = origin.streams_, .head = {}}};
  bool counted = false;
};

Http2Origin::Http2Origin(Answer answer, Answer early, std::uint32_t streams)
    : answer_(std::move(answer)), early_(std::move(early)), streams_(streams) {
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

Http2Origin::~Http2Origin() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (auto& thread : threads_) thread.join();
}

void Http2Origin::accept() {
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

void Http2Origin::serve(int fd) {
  {
    Conversation conversation(*this);
    auto& session = conversation.session;
    char bytes[16384];
    for (bool good = true; good && !session.is_finished();) {
      std::string out;
      for (session.drain(out, sizeof bytes); !out.empty(); session.drain(out, sizeof bytes)) {
        (void)!::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
        out.clear();
      }
      const auto size = ::recv(fd, bytes, sizeof bytes, 0);
      good = size > 0 && session.receive({bytes, static_cast<std::size_t>(size)});
    }
  }
  const std::lock_guard lock(mutex_);
  fds_.erase(fd);
  ::close(fd);
}

}  // namespace meridian::edge::testing
