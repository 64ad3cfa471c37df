#include "edge-node/origin/resolve.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <ares.h>
#include <netdb.h>

#include "edge-node/net/bell.h"
#include "edge-node/net/socket_address.h"
#include "edge-node/origin/known_name.h"

namespace meridian::edge {
namespace {

using std::chrono::seconds;

constexpr int kQueryTimeoutMs = 1000;
constexpr int kTries = 3;
/// How long a request waits for newer addresses than those that are too old.
constexpr std::chrono::milliseconds kNewerPatience{500};
constexpr std::size_t kMaxNames = 10'000;

}  // namespace

struct Resolver::State {
  /// A socket of c-ares, for as long as it wants to hear of it.
  struct Socket : std::enable_shared_from_this<Socket> {
    Socket(State& owner, int fd) : state(owner), descriptor(owner.loop.context, fd) {}
    void watch_read();
    void watch_write();

    State& state;
    asio::posix::stream_descriptor descriptor;
    bool wants_read = false, wants_write = false;
    bool reading = false, writing = false;
  };
  struct Name {
    KnownName known;
    std::vector<std::shared_ptr<Bell>> waiting;
  };
  struct Query {
    State& state;
    std::string host;
  };

  explicit State(const Loop& l) : loop(l) {}
  void on_socket(int fd, bool read, bool write);
  void on_answer(const std::string& host, int status, const ares_addrinfo* answer);
  void ask(const std::string& host);

  Loop loop;
  ares_channel channel = nullptr;
  std::unordered_map<int, std::shared_ptr<Socket>> sockets;
  std::unordered_map<std::string, Name> names;
};

void Resolver::State::Socket::watch_read() {
  if (!wants_read || std::exchange(reading, true)) return;
  descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                        [self = shared_from_this()](boost::system::error_code error) {
                          self->reading = false;
                          if (error || !self->wants_read) return;
                          ares_process_fd(self->state.channel, self->descriptor.native_handle(),
                                          ARES_SOCKET_BAD);
                          self->watch_read();
                        });
}

void Resolver::State::Socket::watch_write() {
  if (!wants_write || std::exchange(writing, true)) return;
  descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                        [self = shared_from_this()](boost::system::error_code error) {
                          self->writing = false;
                          if (error || !self->wants_write) return;
                          ares_process_fd(self->state.channel, ARES_SOCKET_BAD,
                                          self->descriptor.native_handle());
                          self->watch_write();
                        });
}

void Resolver::State::on_socket(int fd, bool read, bool write) {
  auto& socket = sockets[fd];
  if (!socket) socket = std::make_shared<Socket>(*this, fd);
  socket->wants_read = read;
  socket->wants_write = write;
  if (!read && !write) {
    socket->descriptor.release();  // c-ares closes it itself
    sockets.erase(fd);
    return;
  }
  socket->watch_read();
  socket->watch_write();
}

void Resolver::State::on_answer(const std::string& host, int status, const ares_addrinfo* answer) {
  Name& name = names[host];
  std::vector<IpAddress> addresses;
  seconds ttl = KnownName::kMostTtl;
  if (status == ARES_SUCCESS && answer) {
    for (const auto* node = answer->nodes; node; node = node->ai_next) {
      ttl = std::min(ttl, seconds(node->ai_ttl));
      if (const auto endpoint = to_endpoint(*node->ai_addr)) addresses.push_back(endpoint->address);
    }
  }
  if (addresses.empty())
    name.known.fail(Clock::now());
  else
    name.known.answer(std::move(addresses), ttl, Clock::now());
  for (const auto& bell : std::exchange(name.waiting, {})) bell->ring();
}

void Resolver::State::ask(const std::string& host) {
  names[host].known.ask();
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  const auto on_result = [](void* data, int status, int, ares_addrinfo* answer) {
    const std::unique_ptr<Query> query(static_cast<Query*>(data));
    query->state.on_answer(query->host, status, answer);
    if (answer) ares_freeaddrinfo(answer);
  };
  ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, on_result, new Query{*this, host});
}

Resolver::Resolver(std::unique_ptr<State> state) : state_(std::move(state)) {}
Resolver::~Resolver() { close(); }

Result<std::unique_ptr<Resolver>> Resolver::create(const Loop& loop) {
  auto state = std::make_unique<State>(loop);
  ares_options options{};
  options.timeout = kQueryTimeoutMs;
  options.tries = kTries;
  options.sock_state_cb_data = state.get();
  options.sock_state_cb = [](void* data, ares_socket_t fd, int read, int write) {
    static_cast<State*>(data)->on_socket(fd, read != 0, write != 0);
  };
  const int status = ares_init_options(
      &state->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS)
    return Error(std::string("the DNS resolver does not start: ") + ares_strerror(status));
  return std::unique_ptr<Resolver>(new Resolver(std::move(state)));
}

asio::awaitable<std::vector<IpAddress>> Resolver::resolve(std::string host, Instant deadline) {
  if (const auto literal = parse_address(host)) co_return std::vector<IpAddress>{*literal};
  if (!state_->channel) co_return std::vector<IpAddress>();
  if (state_->names.size() >= kMaxNames && !state_->names.contains(host))
    std::erase_if(state_->names, [](const auto& item) {
      return !item.second.known.is_asking() && item.second.waiting.empty();
    });
  auto& name = state_->names[host];
  const auto now = Clock::now();
  if (const auto* usable = name.known.use(now)) co_return *usable;
  const auto bell = std::make_shared<Bell>(state_->loop.context);
  name.waiting.push_back(bell);
  if (!name.known.is_asking()) state_->ask(host);
  if (!name.known.addresses().empty()) deadline = std::min(deadline, now + kNewerPatience);
  const bool rung = co_await bell->wait(deadline);
  auto& then = state_->names[host];
  std::erase(then.waiting, bell);
  if (!rung) then.known.give_up();
  co_return then.known.addresses();
}

void Resolver::demote(const std::string& host, const IpAddress& address) {
  const auto found = state_->names.find(host);
  if (found != state_->names.end()) found->second.known.demote(address);
}

void Resolver::tick() {
  if (!state_->channel) return;
  if (!state_->sockets.empty()) ares_process_fd(state_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  const auto now = Clock::now();
  std::vector<std::string> due;
  for (const auto& [host, name] : state_->names)
    if (name.known.is_due(now)) due.push_back(host);
  for (const auto& host : due) state_->ask(host);
}

void Resolver::close() {
  if (state_->channel) ares_destroy(std::exchange(state_->channel, nullptr));
}

}  // namespace meridian::edge
