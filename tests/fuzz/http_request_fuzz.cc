// HTTP/1.1 request and response heads and bodies from hostile bytes. What the request parser
// accepts must survive being written and read again: no other recipient may see another request.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "edge-node/http/body.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/http/write_http1.h"

namespace {

using namespace meridian::http;

void require(bool holds) {
  if (!holds) std::abort();
}

void read_body(const Framing& framing, std::string_view rest) {
  BodyDecoder body(framing);
  while (!rest.empty() && !body.done() && !body.failed()) {
    const auto step = body.step(rest);
    require(step.consumed > 0 && step.consumed <= rest.size());
    rest.remove_prefix(step.consumed);
  }
}

void check_request(std::string_view bytes) {
  RequestParser parser;
  if (parser.parse(bytes) != Progress::done) return;
  read_body(parser.head().framing, bytes.substr(parser.size()));
  const auto& head = parser.head();
  Fields fields = head.fields;
  fields.erase("transfer-encoding");  // written anew from the framing
  std::string written;
  append_request(written, {head.method, head.target}, fields, head.framing);
  RequestParser again({.start_line_bytes = 16384, .head_bytes = 131072, .fields = 200});
  // HTTP/1.0 without Host is the one thing that 1.1 cannot say.
  if (!fields.has("host")) return;
  require(again.parse(written) == Progress::done);
  require(again.size() == written.size());
  require(again.head().method == head.method && again.head().target == head.target);
  require(again.head().host == head.host);
  require(again.head().framing.kind == head.framing.kind);
  require(again.head().framing.length == head.framing.length);
}

void check_response(std::string_view bytes) {
  ResponseParser parser(ResponseTo::other);
  if (parser.parse(bytes) == Progress::done)
    read_body(parser.head().framing, bytes.substr(parser.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_request(bytes);
  check_response(bytes);
  return 0;
}
