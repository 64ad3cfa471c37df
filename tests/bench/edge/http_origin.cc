// Where all servers under measurement fetch from: it costs so little that they, and not it, are
// what a load of misses waits for. /1k and /100k may be stored for a day, /miss never.
#include <array>
#include <ctime>
#include <string>

#include "tests/bench/edge/bare_server.h"

namespace {

std::string make_answer(std::size_t size, std::string_view cache_control) {
  const std::time_t now = std::time(nullptr);
  std::array<char, 64> date{};
  std::strftime(date.data(), date.size(), "%a, %d %b %Y %T GMT", std::gmtime(&now));
  std::string answer = "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: ";
  answer.append(date.data()).append("\r\nContent-Type: text/plain\r\nContent-Length: ");
  answer.append(std::to_string(size)).append("\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT");
  answer.append("\r\nETag: \"1\"\r\nAccept-Ranges: bytes\r\nCache-Control: ");
  return answer.append(cache_control).append("\r\n\r\n").append(size, 'x');
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
    return 2;
  }
  const std::string small = make_answer(1024, "max-age=86400");
  const std::string large = make_answer(100 * 1024, "max-age=86400");
  const std::string miss = make_answer(1024, "no-store");
  meridian::bench::serve(argv[1], argv[2], [&](std::string_view bytes) -> std::string_view {
    if (!bytes.ends_with("\r\n\r\n")) return {};
    if (bytes.starts_with("GET /miss")) return miss;
    return bytes.starts_with("GET /100k") ? large : small;
  });
}
