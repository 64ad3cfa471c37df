#include "dns-steer/transfer/notifier.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "dns-steer/query/now.h"
#include "dns-steer/transfer/whole_zone.h"

namespace meridian::dns {
namespace {

using udp = boost::asio::ip::udp;
namespace asio = boost::asio;

// 5,000 a second.
constexpr int kMostAtOnce = 100;
constexpr std::chrono::milliseconds kPause{20};

udp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.address.is_v4())
    return {asio::ip::address_v4(endpoint.address.v4_value()), endpoint.port};
  asio::ip::address_v6::bytes_type octets;
  const auto bytes = endpoint.address.bytes();
  std::copy(bytes.begin(), bytes.end(), octets.begin());
  return {asio::ip::address_v6(octets), endpoint.port};
}

Endpoint from_asio(const udp::endpoint& endpoint) {
  if (endpoint.address().is_v4())
    return {IpAddress::v4(endpoint.address().to_v4().to_uint()), endpoint.port()};
  const auto octets = endpoint.address().to_v6().to_bytes();
  return {IpAddress::v6(octets), endpoint.port()};
}

std::uint16_t random_id() {
  thread_local std::random_device random;
  return static_cast<std::uint16_t>(random());
}

/// Who is told comes at once, so what it comes for is to be there.
bool is_ready(const Serving& serving, std::uint32_t zone) {
  return serving.snapshot->sharing->zones.at(zone).rules.empty() ||
         !serving.snapshot->zones.zones[zone].is_signed ||
         whole_signatures(serving, zone) != nullptr;
}

}  // namespace

Notifier::Notifier(asio::io_context& context, const std::vector<Endpoint>& listen)
    : context_(context), timer_(context) {
  from_[1].address = IpAddress::v6(std::array<std::uint8_t, 16>{});
  for (const auto& endpoint : listen) {
    auto& from = from_[endpoint.address.is_v4() ? 0 : 1].address;
    if (from.is_unspecified()) from = endpoint.address;
  }
}

void Notifier::serve(const std::shared_ptr<const Serving>& serving) {
  const bool is_known = serving_ && serving_->snapshot == serving->snapshot;
  if (is_known && all_ready_) return;  // news of health only
  serving_ = serving;
  all_ready_ = true;  // or there is another one when more is signed
  schedule_.serve(*serving->snapshot->sharing, Clock::now(), [this](std::uint32_t zone) {
    const bool ready = is_ready(*serving_, zone);
    all_ready_ = all_ready_ && ready;
    return ready;
  });
  work();
}

void Notifier::work() {
  const auto now = Clock::now();
  int sent = 0;
  for (; sent < kMostAtOnce; ++sent) {
    const auto message = schedule_.due(now);
    if (!message) break;
    send(*message);
  }
  waiting_ = schedule_.waiting();
  given_up_ = schedule_.given_up();
  const auto next = schedule_.next();
  if (!next) {
    asked_.clear();
    return;
  }
  timer_.expires_at(sent == kMostAtOnce ? std::max(*next, now + kPause) : *next);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) work();
  });
}

void Notifier::send(const NotifySchedule::Message& message) {
  const auto& sharing = *serving_->snapshot->sharing;
  const auto* key = message.key == kNoKey ? nullptr : &sharing.keys[message.key];
  auto* socket = socket_for(message.whom.second.address.family());
  if (socket == nullptr) return;  // tried again when it is due again
  const auto id = random_id();
  const auto now = Now::from(Clock::now(), WallClock::now());
  const auto octets = notify_message(message.whom.first, id, key, now.unix_seconds);
  asked_[message.whom] = {message.serial, id};
  boost::system::error_code ignored;
  socket->socket.send_to(asio::buffer(octets), to_asio(message.whom.second), 0, ignored);
  ++sent_;
}

Notifier::Socket* Notifier::socket_for(Family family) {
  const std::size_t which = family == Family::v4 ? 0 : 1;
  auto& socket = sockets_[which];
  if (socket) return socket.get();
  auto fresh = std::make_unique<Socket>(context_);
  boost::system::error_code error;
  fresh->socket.open(which == 0 ? udp::v4() : udp::v6(), error);
  if (!error) fresh->socket.non_blocking(true, error);
  if (!error) fresh->socket.bind(to_asio(from_[which]), error);
  if (error) return nullptr;
  socket = std::move(fresh);
  receive(*socket);
  return socket.get();
}

void Notifier::receive(Socket& socket) {
  socket.socket.async_receive_from(
      asio::buffer(socket.answer), socket.peer,
      [this, &socket](const boost::system::error_code& error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        if (!error) take(Bytes(socket.answer).first(size), from_asio(socket.peer));
        receive(socket);
      });
}

void Notifier::take(Bytes message, const Endpoint& from) {
  const auto answer = read_notify_answer(message);
  if (!answer) return;
  const auto asked = asked_.find({answer->zone, from});
  if (asked == asked_.end() || asked->second.id != answer->id) return;
  if (!schedule_.answered(asked->first, asked->second.serial)) return;
  ++answered_;
  waiting_ = schedule_.waiting();
}

}  // namespace meridian::dns
