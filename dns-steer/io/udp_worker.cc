#include "dns-steer/io/udp_worker.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "dns-steer/query/prefetch_answers.h"

namespace meridian::dns {
namespace {

constexpr unsigned kBatch = 64;
static_assert(kBatch <= kMostPrefetched);
// Too few to have their waits for memory overlap.
constexpr unsigned kFewQueries = 4;
// So many in a row that came alone are received one by one: a batch looks for a second message each
// time.
constexpr unsigned kAlone = 32;
// No query needs more; what is longer arrives cut, and is malformed.
constexpr std::size_t kMostQueryOctets = 4096;

}  // namespace

/// Where messages stand while they are received, answered and sent; made once. The kernel's
/// structures point into it, so it never moves.
struct UdpWorker::Batch {
  struct Message {
    std::array<std::uint8_t, kMostQueryOctets> query;
    std::array<std::uint8_t, kMostUdpOctets> answer;
    sockaddr_storage peer{};
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control;
    iovec query_place;
    iovec answer_place;
  };
  std::array<Message, kBatch> messages;
  std::array<mmsghdr, kBatch> received{};
  std::array<mmsghdr, kBatch> to_send{};
  // Of what was received.
  std::array<IpAddress, kBatch> clients;
  std::array<std::optional<ParsedMessage>, kBatch> parsed;
  // Bound to any address: only the packet knows which one was asked.
  const bool any_address;

  Bytes query(unsigned number) const {
    return {messages[number].query.data(), received[number].msg_len};
  }

  explicit Batch(const Endpoint& endpoint) : any_address(endpoint.address.is_unspecified()) {
    for (unsigned i = 0; i < kBatch; ++i) {
      auto& message = messages[i];
      message.query_place = {message.query.data(), message.query.size()};
      auto& header = received[i].msg_hdr;
      header.msg_name = &message.peer;
      header.msg_iov = &message.query_place;
      header.msg_iovlen = 1;
      header.msg_control = any_address ? message.control.data() : nullptr;
    }
    prepare(kBatch);
  }

  /// The kernel overwrites sizes with what it received.
  void prepare(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      auto& header = received[i].msg_hdr;
      header.msg_namelen = sizeof messages[i].peer;
      header.msg_controllen = any_address ? messages[i].control.size() : 0;
    }
  }

  /// One message as the first. The plain calls cost less, but tell no address that was asked.
  bool receive_one(int socket) {
    auto& header = received[0].msg_hdr;
    const auto octets =
        any_address ? ::recvmsg(socket, &header, 0)
                    : ::recvfrom(socket, messages[0].query.data(), messages[0].query.size(), 0,
                                 static_cast<sockaddr*>(header.msg_name), &header.msg_namelen);
    received[0].msg_len = static_cast<unsigned>(octets);
    return octets >= 0;
  }
  /// The first that is queued. 1, or below 0: it was not sent.
  int send_one(int socket) const {
    const auto& header = to_send[0].msg_hdr;
    const auto octets =
        any_address
            ? ::sendmsg(socket, &header, MSG_DONTWAIT)
            : ::sendto(socket, header.msg_iov->iov_base, header.msg_iov->iov_len, MSG_DONTWAIT,
                       static_cast<const sockaddr*>(header.msg_name), header.msg_namelen);
    return octets < 0 ? -1 : 1;
  }

  /// Queues the answer to message `from` as number `to`: to whom it came from, and from where it
  /// went to.
  void queue(unsigned from, unsigned to, std::size_t octets) {
    auto& message = messages[from];
    message.answer_place = {message.answer.data(), octets};
    auto& header = to_send[to].msg_hdr;
    header = received[from].msg_hdr;
    header.msg_iov = &message.answer_place;
    header.msg_flags = 0;
    for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
      // The routing decides on the interface, not the packet that asked.
      if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
        auto* info = reinterpret_cast<in_pktinfo*>(CMSG_DATA(part));
        info->ipi_spec_dst = info->ipi_addr;
        info->ipi_ifindex = 0;
      } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
        auto* info = reinterpret_cast<in6_pktinfo*>(CMSG_DATA(part));
        if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) info->ipi6_ifindex = 0;
      }
    }
  }
};

UdpWorker::UdpWorker(const Endpoint& endpoint, Descriptor socket,
                     std::shared_ptr<const Serving> first, std::uint64_t seed,
                     WorkerCounters& counters)
    : socket_(std::move(socket)),
      slot_(std::move(first)),
      state_(seed),
      counters_(counters),
      batch_(std::make_unique<Batch>(endpoint)) {
  thread_ = std::thread([this] { run(); });
}

UdpWorker::~UdpWorker() {
  stopping_ = true;
  ::shutdown(socket_.number(), SHUT_RDWR);  // ends the wait for a query
  thread_.join();
}

void UdpWorker::run() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const unsigned received = receive();
    // What was published before a query came holds for it. The publisher keeps what is swapped
    // out, and frees it on its own thread.
    if (auto news = news_.take()) (void)slot_.swap(std::move(*news));
    if (received == 0) continue;
    parse_batch(received);
    send_batch(answer_batch(received));
    batch_->prepare(received);
  }
}

unsigned UdpWorker::receive() {
  if (in_turn_alone_ > 0) {
    --in_turn_alone_;
    return batch_->receive_one(socket_.number()) ? 1 : 0;
  }
  const int received =
      ::recvmmsg(socket_.number(), batch_->received.data(), kBatch, MSG_WAITFORONE, nullptr);
  if (received == 1) in_turn_alone_ = kAlone;
  return received < 0 ? 0 : static_cast<unsigned>(received);
}

void UdpWorker::parse_batch(unsigned received) {
  for (unsigned i = 0; i < received; ++i) {
    batch_->clients[i] = address_of(batch_->messages[i].peer);
    batch_->parsed[i].emplace(batch_->query(i));
  }
  if (received < kFewQueries) return;
  prefetch_answers(*slot_.current().snapshot, std::span(batch_->parsed).first(received),
                   std::span(batch_->clients).first(received));
}

unsigned UdpWorker::answer_batch(unsigned received) {
  unsigned answers = 0;
  const auto now = Now::at_last_tick();
  for (unsigned i = 0; i < received; ++i) {
    auto& message = batch_->messages[i];
    const Request request{batch_->query(i), batch_->clients[i], Transport::udp};
    const auto answered =
        answer(request, *batch_->parsed[i], slot_.current(), state_, now, message.answer);
    counters_.count(answered, Transport::udp);
    if (answered.size > 0) batch_->queue(i, answers++, answered.size);
  }
  return answers;
}

void UdpWorker::send_batch(unsigned answers) {
  for (unsigned sent = 0; sent < answers;) {
    auto* const next = batch_->to_send.data() + sent;
    const int count = answers == 1
                          ? batch_->send_one(socket_.number())
                          : ::sendmmsg(socket_.number(), next, answers - sent, MSG_DONTWAIT);
    if (count > 0) {
      sent += static_cast<unsigned>(count);
      continue;
    }
    if (errno == EINTR) continue;
    // This one is lost; its client asks again.
    counters_.send_errors.add();
    ++sent;
  }
}

}  // namespace meridian::dns
