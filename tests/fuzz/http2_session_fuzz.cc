// Sessions of HTTP/2, of both roles, that hear hostile bytes in hostile pieces. Whatever comes,
// streams are told of their end exactly once, what waits stays bounded, and what is accepted as a
// request is one that HTTP/1.1 can say in the same way.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/h2/session.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/http/write_http1.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::edge;
using meridian::fuzz::require;

void check_request(const http::RequestHead& head) {
  http::Fields fields = head.fields;
  std::string written;
  http::append_request(written, {head.method, head.target}, fields, head.framing);
  http::RequestParser parser({.start_line_bytes = 16384, .head_bytes = 131072, .fields = 200});
  require(parser.parse(written) == http::Progress::done);
  require(parser.size() == written.size());
  require(parser.head().method == head.method && parser.head().target == head.target);
  require(parser.head().host == head.host);
  require(parser.head().framing.kind == head.framing.kind);
  require(parser.head().framing.length == head.framing.length);
}

struct Peer final : h2::Stream {
  Peer(h2::Session& s, h2::Role r) : session(s), role(r) {}
  h2::Session& session;
  h2::Role role;
  bool closed = false;

  void on_head() override {
    require(!closed);
    if (role == h2::Role::client) {
      http::ResponseHead response;
      (void)h2::to_response(block(), http::ResponseTo::other, has_input_end(), response);
      return;
    }
    h2::RequestKind kind{.end_stream = has_input_end()};
    http::RequestHead request;
    const auto refusal = h2::to_request(block(), kind, request);
    if (!refusal.status) check_request(request);
    session.send_response(*this, refusal.status ? refusal.status : 200, {}, 4, true);
    (void)session.write(*this, "body");
    session.end(*this, nullptr);
  }
  void on_input() override {
    require(!closed);
    require(session.read(*this).size() <= h2::SessionLimits().stream_window);
  }
  void on_drained() override { require(!closed); }
  void on_close(h2::Code) override {
    require(!closed);
    closed = true;
  }
};

struct User final : h2::SessionUser {
  h2::Session* session = nullptr;
  std::vector<std::unique_ptr<Peer>> peers;
  h2::Stream* on_open() override {
    peers.push_back(std::make_unique<Peer>(*session, h2::Role::server));
    return peers.back().get();
  }
  void on_goaway() override {}
  void on_pong() override {}
};

void play(h2::Role role, std::string_view bytes, std::size_t piece) {
  User user;
  h2::Session session(role, user, {});
  user.session = &session;
  if (role == h2::Role::client) {
    for (int i = 0; i < 2; ++i) {
      user.peers.push_back(std::make_unique<Peer>(session, role));
      require(session.send_request(*user.peers.back(), {"GET", "https", "a.example", "/"}, {},
                                   std::nullopt, false));
    }
  }
  std::string out;
  session.drain(out, 1 << 16);
  bool good = true;
  while (good && !bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    good = session.receive({part.data(), part.size()}) && session.is_calm();
    out.clear();
    session.drain(out, 1 << 16);
  }
  std::size_t open = 0;
  for (const auto& peer : user.peers) open += peer->is_open();
  require(open == session.open_streams());
  require(open <= h2::SessionLimits().streams);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = 1 + data[0] * 8;
  const auto frames = bytes.substr(1);
  play(h2::Role::server, std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string(frames),
       piece);
  play(h2::Role::client, frames, piece);
  return 0;
}
