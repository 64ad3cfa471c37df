// What a session is given to send, and to take back.
#include <algorithm>

#include <nghttp2/nghttp2.h>

#include "edge-node/h2/name_values.h"
#include "edge-node/h2/session.h"
#include "edge-node/h2/stream_data.h"

namespace meridian::edge::h2 {

void Stream::take_output(std::size_t bytes, std::string& into) {
  const auto copied = std::min(bytes, copied_.size() - copied_taken_);
  into.append(copied_, copied_taken_, copied);
  copied_taken_ += copied;
  if (copied_taken_ == copied_.size()) {
    copied_.clear();
    copied_taken_ = 0;
  }
  into.append(borrowed_.substr(0, bytes - copied));
  borrowed_.remove_prefix(bytes - copied);
  sent_bytes_ += bytes;
}

void Session::send_response(Stream& stream, int status, const http::Fields& fields,
                            std::optional<std::uint64_t> length, bool has_body) {
  const StatusText text(status);
  NameValues values(fields, 2);
  values.add(":status", text.view());
  values.add(fields);
  if (length) values.add_length(*length);
  stream.answered_ = true;
  nghttp2_submit_response(session_.get(), stream.id_, values.data(), values.size(),
                          has_body ? &stream_data() : nullptr);
}

void Session::send_whole(Stream& stream, int status, const http::Fields& ready,
                         std::span<const http::Fields::Field> more, std::string_view body) {
  constexpr std::uint8_t kBorrowed = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  const StatusText text(status);
  NameValues values(ready, 1 + more.size());
  values.add(":status", text.view());
  for (std::size_t i = 0; i < ready.size(); ++i)
    values.add(ready[i].name, ready[i].value, kBorrowed);
  for (const auto& field : more) values.add(field.name, field.value);
  stream.borrowed_ = body;
  stream.answered_ = stream.output_end_ = true;
  nghttp2_submit_response(session_.get(), stream.id_, values.data(), values.size(),
                          body.empty() ? nullptr : &stream_data());
}

void Session::send_interim(Stream& stream, int status, const http::Fields& fields) {
  const StatusText text(status);
  NameValues values(fields, 1);
  values.add(":status", text.view());
  values.add(fields);
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, stream.id_, nullptr, values.data(),
                         values.size(), nullptr);
}

bool Session::send_request(Stream& stream, const RequestLine& line, const http::Fields& fields,
                           std::optional<std::uint64_t> length, bool has_body) {
  NameValues values(fields, 5);
  values.add(":method", line.method);
  values.add(":scheme", line.scheme);
  values.add(":authority", line.authority);
  values.add(":path", line.path);
  values.add(fields);
  if (length) values.add_length(*length);
  const auto id = nghttp2_submit_request(session_.get(), nullptr, values.data(), values.size(),
                                         has_body ? &stream_data() : nullptr, &stream);
  if (id < 0) return false;
  opened(stream, id);
  opening_.push_back(&stream);
  return true;
}

bool Session::write(Stream& stream, std::string_view bytes) {
  const bool fits = stream.borrowed_.empty() && stream.unsent() + bytes.size() <= kCopiedBytes;
  if (fits)
    stream.copied_ += bytes;
  else
    stream.borrowed_ = bytes;
  nghttp2_session_resume_data(session_.get(), stream.id_);
  return fits;
}

void Session::end(Stream& stream, const http::Fields* trailers) {
  if (trailers && trailers->size() > 0) stream.output_trailers_ = *trailers;
  stream.output_end_ = true;
  nghttp2_session_resume_data(session_.get(), stream.id_);
}

void Session::reset(Stream& stream, Code code) {
  stream.borrowed_ = {};
  stream.copied_.clear();
  stream.copied_taken_ = 0;
  if (stream.open_)
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id_,
                              static_cast<std::uint32_t>(code));
}

void Session::forget(Stream& stream, Code code) {
  if (!stream.open_) return;
  reset(stream, code);
  nghttp2_session_set_stream_user_data(session_.get(), stream.id_, nullptr);
  std::erase(opening_, &stream);
  stream.open_ = false;
  --open_streams_;
}

void Session::ping() {
  ++pings_;
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void Session::announce_end() { nghttp2_submit_shutdown_notice(session_.get()); }

void Session::end_gracefully() {
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Session::terminate(Code code) {
  nghttp2_session_terminate_session(session_.get(), static_cast<std::uint32_t>(code));
}

}  // namespace meridian::edge::h2
