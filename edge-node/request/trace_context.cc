#include "edge-node/request/trace_context.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kTraceDigits = 32, kSpanDigits = 16;
constexpr std::size_t kParentSize = 2 + 1 + kTraceDigits + 1 + kSpanDigits + 1 + 2;
constexpr std::size_t kMaxMembers = 32, kMaxKey = 256, kMaxValue = 256;
constexpr std::size_t kMaxTenant = 241, kMaxSystem = 14;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

struct Parent {
  std::string_view trace_id, span_id;
  bool sampled;
};

/// Section 3.2.2. A later version is read as far as this one goes.
std::optional<Parent> parse_parent(std::string_view text) {
  if (text.size() < kParentSize) return std::nullopt;
  const auto version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return std::nullopt;
  if (text.size() > kParentSize && (version == "00" || text[kParentSize] != '-'))
    return std::nullopt;
  const auto trace_id = text.substr(3, kTraceDigits);
  const auto span_id = text.substr(4 + kTraceDigits, kSpanDigits);
  const auto flags = text.substr(kParentSize - 2, 2);
  if (text[2] != '-' || text[3 + kTraceDigits] != '-' || text[kParentSize - 3] != '-' ||
      !is_hex(trace_id) || !is_hex(span_id) || !is_hex(flags) || is_zero(trace_id) ||
      is_zero(span_id))
    return std::nullopt;
  const char low = flags[1];
  const int digit = is_digit(low) ? low - '0' : low - 'a' + 10;
  return Parent{trace_id, span_id, (digit & 1) != 0};
}

/// Of the only field of that name; two of them are no context.
std::optional<Parent> parent_of(const http::Fields& fields) {
  const auto text = fields.find("traceparent");
  if (!text || fields.count("traceparent") > 1) return std::nullopt;
  return parse_parent(http::trim(*text));
}

/// Never only zeros.
std::string make_id(std::size_t digits, std::mt19937_64& random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  while (id.size() < digits) {
    auto bits = random();
    for (int i = 0; i < 16; ++i, bits >>= 4) id += kDigits[bits & 15];
  }
  if (is_zero(id)) id.back() = '1';
  return id;
}

bool is_key_part(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
  });
}

bool is_key(std::string_view key) {
  const auto at = key.find('@');
  if (at == key.npos) return is_key_part(key, kMaxKey) && is_lower(key[0]);
  const auto tenant = key.substr(0, at), system = key.substr(at + 1);
  return is_key_part(tenant, kMaxTenant) && (is_lower(tenant[0]) || is_digit(tenant[0])) &&
         is_key_part(system, kMaxSystem) && is_lower(system[0]);
}

bool is_value(std::string_view value) {
  return !value.empty() && value.size() <= kMaxValue && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

}  // namespace

std::string TraceContext::traceparent() const {
  return "00-" + trace_id + '-' + span_id + (sampled ? "-01" : "-00");
}

TraceContext continue_trace(const http::Fields& fields, std::mt19937_64& random) {
  TraceContext trace;
  if (const auto parent = parent_of(fields)) {
    trace.trace_id = parent->trace_id;
    trace.parent_span_id = parent->span_id;
    trace.sampled = parent->sampled;
  } else {
    trace.trace_id = make_id(kTraceDigits, random);
    trace.sampled = true;  // what follows its parent's choice would never be sampled else
  }
  trace.span_id = make_id(kSpanDigits, random);
  return trace;
}

void carry_trace(http::Fields& fields, const TraceContext& trace) {
  if (fields.has("tracestate")) {
    const std::string state = fields.combined("tracestate");
    fields.erase("tracestate");
    if (!trace.parent_span_id.empty() && !state.empty() && is_valid_tracestate(state))
      fields.add("tracestate", state);
  }
  fields.set("traceparent", trace.traceparent());
}

bool is_valid_tracestate(std::string_view state) {
  std::vector<std::string_view> keys;
  for (std::size_t begin = 0; begin <= state.size();) {
    const auto comma = std::min(state.find(',', begin), state.size());
    const auto member = http::trim(state.substr(begin, comma - begin));
    begin = comma + 1;
    if (member.empty()) continue;
    const auto equals = member.find('=');
    if (equals == member.npos) return false;
    const auto key = member.substr(0, equals);
    if (!is_key(key) || !is_value(member.substr(equals + 1)) ||
        std::find(keys.begin(), keys.end(), key) != keys.end() || keys.size() == kMaxMembers)
      return false;
    keys.push_back(key);
  }
  return true;
}

}  // namespace meridian::edge
