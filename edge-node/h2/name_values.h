#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "edge-node/h2/head.h"
#include "edge-node/http/token.h"

/// Header lists in the form of nghttp2; for session.cc alone.
namespace meridian::edge::h2 {

/// A header list as nghttp2 wants it. Without flags it copies everything, in lower case.
class NameValues {
 public:
  NameValues(const http::Fields& fields, std::size_t more) { list_.reserve(fields.size() + more); }
  void add(std::string_view name, std::string_view value, std::uint8_t flags = 0) {
    list_.push_back({const_cast<std::uint8_t*>(octets(name)),
                     const_cast<std::uint8_t*>(octets(value)), name.size(), value.size(), flags});
  }
  /// Without Content-Length: add_length() says it, once.
  void add(const http::Fields& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto field = fields[i];
      if (is_connection_specific(field.name) || http::same_word(field.name, "content-length"))
        continue;
      add(field.name, field.value);
    }
  }
  void add_length(std::uint64_t length) {
    const auto end = std::to_chars(length_.data(), length_.data() + length_.size(), length).ptr;
    add("content-length", {length_.data(), static_cast<std::size_t>(end - length_.data())});
  }
  const nghttp2_nv* data() const { return list_.data(); }
  std::size_t size() const { return list_.size(); }

 private:
  static const std::uint8_t* octets(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
  }

  std::vector<nghttp2_nv> list_;
  std::array<char, 20> length_{};
};

/// The value of `:status`.
class StatusText {
 public:
  explicit StatusText(int status)
      : digits_{static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                static_cast<char>('0' + status % 10)} {}
  std::string_view view() const { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, 3> digits_;
};

}  // namespace meridian::edge::h2
