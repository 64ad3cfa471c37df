#include "edge-node/testing/http2_client.h"

#include <nghttp2/nghttp2.h>

namespace meridian::edge::testing {
namespace {

constexpr std::size_t kFrameHead = 9;

std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string encode_text(std::string_view text) {
  std::string out;
  if (text.size() < 127) {
    out += static_cast<char>(text.size());
  } else {  // RFC 7541 section 5.1
    out += static_cast<char>(127);
    std::size_t rest = text.size() - 127;
    for (; rest >= 128; rest /= 128) out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  return out += text;
}

}  // namespace

std::string u32(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
  std::string out = u32(static_cast<std::uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out.append(u32(stream)).append(payload);
}

std::string encode(const Block& block) {
  std::string out;
  for (const auto& [name, value] : block) {
    out += '\0';
    out.append(encode_text(name)).append(encode_text(value));
  }
  return out;
}

Http2Client::Http2Client(std::uint16_t port, std::optional<std::string> server_name, bool preface,
                         const std::string& from)
    : client_(port, std::move(server_name), nullptr, {}, "h2", from) {
  nghttp2_hd_inflate_new(&inflater_);
  if (preface) send(std::string(kPreface) + frame(kSettings, 0, 0));
}

Http2Client::~Http2Client() { nghttp2_hd_inflate_del(inflater_); }

std::optional<Http2Client::Frame> Http2Client::next() {
  for (;;) {
    const std::string& bytes = client_.unread();
    if (bytes.size() >= kFrameHead) {
      const std::size_t size = read_u32(bytes) >> 8;
      if (bytes.size() >= kFrameHead + size) {
        Frame result{static_cast<std::uint8_t>(bytes[3]), static_cast<std::uint8_t>(bytes[4]),
                     read_u32(std::string_view(bytes).substr(5)) & 0x7fffffff,
                     bytes.substr(kFrameHead, size)};
        client_.drop_unread(kFrameHead + size);
        return result;
      }
    }
    if (!client_.read_more()) return std::nullopt;
  }
}

std::map<std::string, std::string> Http2Client::decode(std::string_view block) {
  std::map<std::string, std::string> fields;
  const auto* in = reinterpret_cast<const std::uint8_t*>(block.data());
  for (std::size_t left = block.size();;) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
    if (used < 0) break;
    in += used;
    left -= static_cast<std::size_t>(used);
    if (flags & NGHTTP2_HD_INFLATE_EMIT) {
      auto& value = fields[std::string(reinterpret_cast<char*>(field.name), field.namelen)];
      if (!value.empty()) value += ", ";
      value += std::string(reinterpret_cast<char*>(field.value), field.valuelen);
    }
    if (flags & NGHTTP2_HD_INFLATE_FINAL) break;
    if (left == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT)) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return fields;
}

void Http2Client::ask(std::uint32_t stream, const std::string& host, const std::string& path,
                      const Block& more_fields, const std::string& method, bool ends) {
  Block block = {{":method", method}, {":scheme", "https"}, {":authority", host}, {":path", path}};
  block.insert(block.end(), more_fields.begin(), more_fields.end());
  send(frame(kHeaders, ends ? kEndHeaders | kEndStream : kEndHeaders, stream, encode(block)));
}

bool Http2Client::step() {
  const auto got = next();
  if (!got) return false;
  auto& answer = answers[got->stream];
  switch (got->type) {
    case kSettings:
      if (!(got->flags & kAck)) send(frame(kSettings, kAck, 0));
      break;
    case kPing:
      if (!(got->flags & kAck)) send(frame(kPing, kAck, 0, got->payload));
      break;
    case kHeaders: {
      auto fields = decode(got->payload);
      const auto status = fields.find(":status");
      if (status == fields.end())
        answer.trailers = std::move(fields);
      else if (status->second.starts_with('1'))
        answer.interim.push_back(std::stoi(status->second));
      else {
        answer.status = std::stoi(status->second);
        answer.fields = std::move(fields);
      }
      break;
    }
    case kData:
      answer.body += got->payload;
      if (updates_windows && !got->payload.empty()) {
        const auto size = u32(static_cast<std::uint32_t>(got->payload.size()));
        send(frame(kWindowUpdate, 0, 0, size) + frame(kWindowUpdate, 0, got->stream, size));
      }
      break;
    case kRstStream:
      answer.reset = read_u32(got->payload);
      break;
    case kGoaway:
      last_stream = read_u32(got->payload) & 0x7fffffff;
      goaway = read_u32(std::string_view(got->payload).substr(4));
      break;
    default:
      break;
  }
  if ((got->type == kHeaders || got->type == kData) && (got->flags & kEndStream))
    answer.complete = true;
  return true;
}

Http2Client::Answer Http2Client::read_answer(std::uint32_t stream) {
  while (!answers[stream].complete && !answers[stream].reset)
    if (!step()) break;
  return answers[stream];
}

}  // namespace meridian::edge::testing
