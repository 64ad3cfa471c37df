// PROXY headers from hostile bytes. The reader never asks for a byte behind the header, and says
// the same whether it comes whole or byte by byte.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "check.h"
#include "edge-node/proxy_protocol/header.h"

namespace {

using meridian::edge::ProxyHeaderReader;
using meridian::fuzz::require;
using Progress = ProxyHeaderReader::Progress;

/// Progress, bytes taken, and the client.
auto read(std::string_view bytes, std::size_t most) {
  ProxyHeaderReader reader;
  std::size_t taken = 0;
  auto progress = Progress::more;
  while (progress == Progress::more && taken < bytes.size()) {
    require(reader.wanted() > 0);
    const auto piece = bytes.substr(taken, std::min(reader.wanted(), most));
    taken += piece.size();
    progress = reader.take(piece);
  }
  require(taken <= ProxyHeaderReader::kMostBytes + 2);
  require(progress == Progress::done || !reader.client());
  return std::tuple(progress, taken, reader.client());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read(bytes, bytes.size());
  const auto single = read(bytes, 1);
  // A header that is wrong may be found out earlier byte by byte; one that is good may not.
  if (std::get<0>(whole) == Progress::done) require(whole == single);
  if (std::get<0>(single) == Progress::done) require(whole == single);
  return 0;
}
