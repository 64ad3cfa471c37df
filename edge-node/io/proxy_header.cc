#include "edge-node/io/proxy_header.h"

#include <algorithm>
#include <array>

#include "edge-node/proxy_protocol/header.h"

namespace meridian::edge {

bool is_trusted(const TrustedProxies& proxies, const IpAddress& peer) {
  return std::any_of(proxies.begin(), proxies.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(peer); });
}

asio::awaitable<bool> read_proxy_header(Stream& stream, IpAddress& client, Instant deadline) {
  using Progress = ProxyHeaderReader::Progress;
  ProxyHeaderReader reader;
  std::array<char, 512> buffer;
  for (;;) {
    const std::span<char> room(buffer.data(), std::min(buffer.size(), reader.wanted()));
    const auto read = co_await stream.read_some(room, deadline);
    if (read.outcome != Io::ok) co_return false;
    const auto progress = reader.take({buffer.data(), read.size});
    if (progress == Progress::failed) co_return false;
    if (progress == Progress::done) break;
  }
  if (reader.client()) client = *reader.client();
  co_return true;
}

}  // namespace meridian::edge
