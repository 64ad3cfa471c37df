#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/result.h"

/// Events for a person, one line each on standard error:
/// `2026-01-31T12:00:00.000Z info dns-steer snapshot accepted revision=7 records=12`.
/// Values with spaces or quotes are quoted and escaped, so that hostile text stays one field of
/// one line. Any thread. The data path logs the first of a kind and then counts.
namespace meridian::log {

struct Field {
  Field(std::string_view key_, std::string_view value_) : key(key_), value(value_) {}
  Field(std::string_view key_, const char* value_) : key(key_), value(value_) {}
  Field(std::string_view key_, const std::string& value_) : key(key_), value(value_) {}
  Field(std::string_view key_, std::integral auto value_)
      : key(key_), value(std::to_string(value_)) {}
  Field(std::string_view key_, double value_);
  Field(std::string_view key_, const Error& error) : key(key_), value(error.text()) {}

  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

/// Once, first thing in main. `program` stands in every line. `level`: debug, info, warn, error.
Result<void> open(std::string_view program, std::string_view level);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warn(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

}  // namespace meridian::log
