#include "edge-node/io/handover.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/observe/log.h"

namespace meridian::edge {
namespace {

constexpr const char* kName = "handover";
constexpr std::chrono::seconds kPatience{30};
/// For a process to begin to serve: it may have much to read first.
constexpr std::chrono::minutes kLongPatience{5};
/// Before another attempt to get back what the other process still holds.
constexpr std::chrono::seconds kPause{5};
constexpr int kBreather = 100;  // milliseconds, when the process is out of descriptors
constexpr std::size_t kSocketsAtOnce = 64;
constexpr std::string_view kTake = "take 1";  // the number is that of this protocol
constexpr std::string_view kEnd = "end";

Error failure(const std::string& what) {
  return Error("handover", what + ": " + std::strerror(errno));
}

/// Of the socket in `directory`, however long its path: by way of a descriptor.
class Place {
 public:
  explicit Place(const std::filesystem::path& directory)
      : fd_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address_.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(fd_) + "/" + kName;
    path.copy(address_.sun_path, sizeof address_.sun_path - 1);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_there() const { return fd_ >= 0; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static socklen_t size() { return sizeof(sockaddr_un); }
  void remove() const { (void)::unlinkat(fd_, kName, 0); }

 private:
  int fd_;
  sockaddr_un address_{};
};

int make_socket() { return ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0); }

/// False: nothing came, or `stop` (-1: none) is readable.
bool wait_readable(int fd, std::chrono::milliseconds patience, int stop) {
  std::array<pollfd, 2> wait{pollfd{fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const auto timeout = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    const int ready = ::poll(wait.data(), wait.size(), timeout);
    if (ready >= 0 || errno != EINTR) return ready > 0 && !wait[1].revents;
  }
}

/// One message; empty at the end, or when none comes.
struct Message {
  std::string text;
  std::vector<int> descriptors;
};
Message receive(int fd, std::chrono::milliseconds patience, int stop = -1) {
  Message message;
  if (!wait_readable(fd, patience, stop)) return message;
  std::array<char, 256> text;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kSocketsAtOnce * sizeof(int))> control;
  iovec piece{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const auto size = ::recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
  if (size <= 0) return message;
  message.text.assign(text.data(), static_cast<std::size_t>(size));
  for (auto* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    message.descriptors.resize((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(message.descriptors.data(), CMSG_DATA(part),
                message.descriptors.size() * sizeof(int));
  }
  return message;
}

bool send(int fd, std::string_view text, std::span<const int> descriptors = {}) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kSocketsAtOnce * sizeof(int))> control{};
  iovec piece{const_cast<char*>(text.data()), text.size()};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(fd, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

/// Whoever may not even be this user gets nothing, whatever the directory's mode says.
bool is_trusted(int peer) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
         (who.uid == ::geteuid() || who.uid == 0);
}

bool send_sockets(int peer, const std::vector<std::pair<int, Scheme>>& sockets) {
  for (std::size_t begin = 0; begin < sockets.size(); begin += kSocketsAtOnce) {
    std::string schemes;
    std::vector<int> descriptors;
    for (auto i = begin; i < std::min(sockets.size(), begin + kSocketsAtOnce); ++i) {
      schemes += sockets[i].second == Scheme::https ? 's' : 'p';
      descriptors.push_back(sockets[i].first);
    }
    if (!send(peer, schemes, descriptors)) return false;
  }
  return send(peer, kEnd);
}

}  // namespace

HandedSocket::~HandedSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<Takeover>> Takeover::begin(const std::filesystem::path& directory) {
  const Place place(directory);
  std::unique_ptr<Takeover> none;
  if (!place.is_there()) return none;
  std::unique_ptr<Takeover> takeover(new Takeover(make_socket()));
  if (takeover->fd_ < 0) return failure("no socket");
  if (::connect(takeover->fd_, place.get(), Place::size()) != 0) {
    // A socket is left behind by a process that has crashed.
    if (errno == ENOENT || errno == ECONNREFUSED) return none;
    return failure("the process that serves does not answer");
  }
  if (!is_trusted(takeover->fd_))
    return Error("handover", "the process that serves is another user's");
  if (!send(takeover->fd_, kTake)) return failure("the process that serves has gone");
  if (auto received = takeover->receive_sockets(); !received) return received.error();
  return takeover;
}

Takeover::~Takeover() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> Takeover::receive_sockets() {
  for (;;) {
    const Message message = receive(fd_, kPatience);
    if (message.text == kEnd) return boost::system::in_place_value;
    for (std::size_t i = 0; i < message.descriptors.size(); ++i)
      sockets_.emplace_back(
          message.descriptors[i],
          i < message.text.size() && message.text[i] == 's' ? Scheme::https : Scheme::http);
    if (message.text.empty() || message.text.size() != message.descriptors.size())
      return Error("handover",
                   "the process that serves does not give its ports: it may be busy "
                   "with another handover, or of a version that cannot");
  }
}

Result<void> Takeover::ask(std::string_view word, std::string_view answer) {
  if (send(fd_, word) && receive(fd_, kPatience).text == answer)
    return boost::system::in_place_value;
  return Error("handover", "the process that serves has not answered '" + std::string(word) + "'");
}

Result<std::unique_ptr<Handover>> Handover::open(const std::filesystem::path& directory,
                                                 HandoverSteps steps) {
  const Place place(directory);
  const int fd = make_socket();
  if (fd < 0) return failure("no socket");
  std::unique_ptr<Handover> handover(new Handover(fd, std::move(steps)));
  place.remove();
  const auto mask = ::umask(0177);
  const int bound = ::bind(fd, place.get(), Place::size());
  ::umask(mask);
  if (bound != 0 || ::listen(fd, 1) != 0) return failure((directory / kName).string());
  handover->thread_ = std::thread([h = handover.get()] { h->run(); });
  return handover;
}

Handover::Handover(int fd, HandoverSteps steps)
    : fd_(fd), stop_(::eventfd(0, EFD_CLOEXEC)), steps_(std::move(steps)) {}

Handover::~Handover() {
  const std::uint64_t one = 1;
  if (thread_.joinable()) {
    (void)!::write(stop_, &one, sizeof one);
    thread_.join();
  }
  ::close(fd_);
  ::close(stop_);
}

int Handover::accept() {
  for (;;) {
    std::array<pollfd, 2> wait{pollfd{fd_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return -1;
    if (wait[1].revents) return -1;
    if (!wait[0].revents) continue;
    const int peer = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer >= 0) return peer;
    // Out of descriptors, it may be: it stays readable.
    if (::poll(&wait[1], 1, kBreather) > 0) return -1;
  }
}

void Handover::run() {
  for (;;) {
    const int peer = accept();
    if (peer < 0) return;
    const bool handed_over = is_trusted(peer) && serve(peer);
    ::close(peer);
    if (handed_over) return;
  }
}

bool Handover::serve(int peer) {
  if (receive(peer, kPatience, stop_).text != kTake) return false;
  log::info("another process is to serve in place of this one");
  if (!send_sockets(peer, steps_.sockets())) return false;
  if (receive(peer, kLongPatience, stop_).text != "release") {
    log::warn("the other process has gone: this one serves on");
    return false;
  }
  steps_.release();
  if (send(peer, "released") && receive(peer, kLongPatience, stop_).text == "serving") {
    steps_.retire();
    // Whether or not it hears: it serves.
    (void)send(peer, "retired");
    return true;
  }
  log::warn("the other process did not come to serve: this one takes its duties back");
  while (!steps_.take_back() && !wait_readable(stop_, kPause, -1)) {
  }
  return false;
}

}  // namespace meridian::edge
