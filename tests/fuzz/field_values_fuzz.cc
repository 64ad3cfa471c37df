// A name and a value a line: fields of a request and of its response. What Connection lists is
// gone, Vary tells a request from no copy of itself, a date that is read is written the same.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "edge-node/http/conditional.h"
#include "edge-node/http/date.h"
#include "edge-node/http/fields.h"
#include "edge-node/policy/invalidate.h"
#include "edge-node/policy/update.h"
#include "edge-node/policy/vary.h"

namespace {

using namespace meridian;
using meridian::fuzz::require;

const WallTime kNow{std::chrono::hours(500'000)};

http::Fields read(std::string_view bytes) {
  http::Fields fields;
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) continue;
    fields.add(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

void check_hop_by_hop(http::Fields fields) {
  const std::string listed = fields.combined("connection");
  http::strip_hop_by_hop(fields);
  http::ListWords words(listed);
  while (const auto word = words.next()) require(!fields.has(*word));
  for (const std::string_view name : {"connection", "keep-alive", "transfer-encoding"})
    require(!fields.has(name));
}

void check_vary(const http::Fields& fields) {
  const auto vary = edge::parse_vary(fields);
  for (std::size_t i = 1; i < vary.names.size(); ++i) require(vary.names[i - 1] < vary.names[i]);
  const auto values = edge::selecting_values(vary, fields);
  if (vary.any) return;
  http::Fields copy;
  for (std::size_t i = 0; i < fields.size(); ++i)
    copy.add(fields[i].name, "  " + std::string(fields[i].value) + ' ');
  require(edge::selecting_values(vary, copy) == values);
}

void check_validators(const http::Fields& fields) {
  (void)http::is_not_modified(fields, fields, kNow);
  (void)http::range_applies(fields, fields, kNow);
  const auto etag = fields.find("etag").value_or("");
  const bool is_tag = etag.size() >= 2 && etag.find('"', 1) == etag.size() - 1;
  if (is_tag && http::same_strong_validator(fields, fields, kNow))
    require(http::etag_listed("\"other\", " + std::string(etag), etag));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto date = http::parse_date(fields[i].value, kNow);
    if (!date) continue;
    const auto again = http::parse_date(http::format_date(*date), kNow);
    require(again && *again == *date);
  }
}

void check_update(const http::Fields& fields) {
  http::Fields newer;
  newer.add("ETag", "\"2\"");
  newer.add("Vary", "x");
  const auto updated = edge::updated_fields(fields, newer);
  // What describes the stored bytes has not changed.
  require(updated.find("etag") == (fields.has("etag") ? fields : newer).find("etag"));
  require(updated.count("vary") == 1 && updated.find("vary") == "x");
}

void check_invalidation(const http::Fields& fields) {
  for (const auto& target : edge::invalidated_targets(
           "POST", {.host = "www.shop.example", .target = "/a?b"}, 200, fields))
    require(target.starts_with('/'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fields = read({reinterpret_cast<const char*>(data), size});
  check_hop_by_hop(fields);
  check_vary(fields);
  check_validators(fields);
  check_update(fields);
  check_invalidation(fields);
  return 0;
}
