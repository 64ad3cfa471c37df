#include "edge-node/origin/resolve.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <ares.h>
#include <netdb.h>

#include "edge-node/net/bell.h"
#include "edge-node/net/socket_address.h"

namespace meridian::edge {
namespace {

using std::chrono::seconds;

constexpr int kQueryTimeoutMs = 1000;
constexpr int kTries = 3;
constexpr seconds kLeastTtl{1};  // also for what could not be resolved
constexpr seconds kMostTtl{3600};
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
    std::vector<IpAddress> addresses;
    Instant expires;
    bool asking = false;
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
  name.asking = false;
  name.expires = Clock::now() + kLeastTtl;
  if (status == ARES_SUCCESS && answer && answer->nodes) {
    name.addresses.clear();
    seconds ttl = kMostTtl;
    for (const auto* node = answer->nodes; node; node = node->ai_next) {
      ttl = std::min(ttl, seconds(node->ai_ttl));
      if (const auto endpoint = to_endpoint(*node->ai_addr))
        name.addresses.push_back(endpoint->address);
    }
    std::stable_partition(name.addresses.begin(), name.addresses.end(),
                          [](const IpAddress& address) { return address.is_v4(); });
    name.expires = Clock::now() + std::max(ttl, kLeastTtl);
  }
  for (const auto& bell : std::exchange(name.waiting, {})) bell->ring();
}

void Resolver::State::ask(const std::string& host) {
  names[host].asking = true;
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
    std::erase_if(state_->names, [](const auto& item) { return !item.second.asking; });
  {
    const auto known = state_->names.find(host);
    if (known != state_->names.end() && Clock::now() < known->second.expires)
      co_return known->second.addresses;
  }
  const auto bell = std::make_shared<Bell>(state_->loop.context);
  state_->names[host].waiting.push_back(bell);
  if (!state_->names[host].asking) state_->ask(host);
  (void)co_await bell->wait(deadline);
  auto& name = state_->names[host];
  std::erase(name.waiting, bell);
  co_return name.addresses;
}

void Resolver::tick() {
  if (state_->channel && !state_->sockets.empty())
    ares_process_fd(state_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void Resolver::close() {
  if (state_->channel) ares_destroy(std::exchange(state_->channel, nullptr));
}

}  // namespace meridian::edge
