// Row zero of the edge's figures: answers 1 KiB to whatever looks like the end of a request, and
// does nothing else. What it costs is what sockets cost on this machine.
#include <string>

#include "tests/bench/edge/bare_server.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
    return 2;
  }
  const std::string body(1024, 'x');
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + body;
  meridian::bench::serve(argv[1], argv[2], [&](std::string_view bytes) {
    return bytes.ends_with("\r\n\r\n") ? std::string_view(answer) : std::string_view();
  });
}
