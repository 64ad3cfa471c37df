#include "edge-node/request/telling.h"

#include <cstdio>

#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {
namespace {

std::string milliseconds_text(std::chrono::nanoseconds time) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.3f",
                                 std::chrono::duration<double, std::milli>(time).count());
  return std::string(text, static_cast<std::size_t>(size));
}

/// A String of RFC 9651 section 3.3.3; what may not stand in one is left out.
std::string to_string_item(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= 0x20 && c < 0x7f) out += c;
  }
  return out += '"';
}

std::string server_timing(const Transaction& t) {
  std::string value = "cache;desc=" + std::string(cache_result_text(t.cache_result));
  if (const OriginVisit& visit = t.visit; visit.pool) {
    const char* who = visit.pool->is_shield() ? "shield" : "origin";
    if (!visit.kept)
      value += std::string(", ") + who + "-connect;dur=" + milliseconds_text(visit.connect);
    value += std::string(", ") + who + ";dur=" + milliseconds_text(visit.first_byte);
  }
  // Of a hit it would tell no more than noise; and it is what hits are sent with by a shorter way.
  if (t.cache_result != CacheResult::hit)
    value += ", edge;dur=" + milliseconds_text(Clock::now() - t.start);
  return value;
}

std::string rules_text(const Decision& decision) {
  std::string matched, passed;
  for (const auto& step : decision.rules) {
    std::string& list = step.matched ? matched : passed;
    list += (list.empty() ? "" : " ") + to_string_item(step.rule->name);
    if (step.matched && !step.effect.empty()) list += ";effect=" + to_string_item(step.effect);
  }
  return "rules=(" + matched + "), passed=(" + passed + ")";
}

std::string cache_text(const Transaction& t) {
  const Decision& decision = *t.decision;
  std::string value = "cache=" + std::string(cache_result_text(t.cache_result));
  if (!decision.key.empty()) value += ";key=" + to_string_item(decision.key);
  if (decision.age) value += ";age=" + std::to_string(decision.age->count());
  if (decision.lifetime)
    value += ";ttl=" +
             std::to_string(
                 (*decision.lifetime - decision.age.value_or(std::chrono::seconds(0))).count());
  if (!decision.cache_status.empty()) value += ";status=" + to_string_item(decision.cache_status);
  return value;
}

std::string origin_text(const Transaction& t) {
  const OriginVisit& visit = t.visit;
  if (!visit.pool) return "pool=" + to_string_item(t.pool()->name) + ", origin=none";
  std::string value = "pool=" + to_string_item(visit.pool->name) +
                      (visit.pool->is_shield() ? ", shield=" : ", origin=") +
                      to_string_item(origin_of(visit));
  value += visit.answered ? ";answered" : ";answered=?0";
  value += ";attempts=" + std::to_string(visit.attempts);
  value += visit.kept ? ";kept" : ";connect=" + milliseconds_text(visit.connect);
  value += ";first-byte=" + milliseconds_text(visit.first_byte);
  return value;
}

void tell_decision(const Transaction& t, http::Fields& fields) {
  // It is for this visitor alone, whatever the response is for; what it was for is told, too.
  const std::string control = fields.combined("cache-control");
  fields.set("Cache-Control", "no-store");
  fields.add(kDebugField, "site=" + (t.site ? to_string_item(t.site->name) : std::string("none")) +
                              ", revision=" + std::to_string(t.snapshot->revision.value) +
                              ", client=" + to_string_item(t.client().text()));
  if (!t.log.refused.empty()) fields.add(kDebugField, "refused=" + to_string_item(t.log.refused));
  if (!t.site) return;
  fields.add(kDebugField, rules_text(*t.decision));
  fields.add(kDebugField, cache_text(t) + ", cache-control=" + to_string_item(control));
  fields.add(kDebugField, origin_text(t));
  std::string times = "edge=" + milliseconds_text(Clock::now() - t.start);
  if (t.trace) times += ", traceparent=" + to_string_item(t.trace->traceparent());
  fields.add(kDebugField, times);
}

}  // namespace

std::string origin_of(const OriginVisit& visit) {
  const Origin& origin = *visit.pool->origins[visit.index];
  return visit.pool->is_shield() ? origin.host : origin.label();
}

void read_debug_token(Transaction& t) {
  auto& fields = t.request().fields;
  const auto given = fields.find(kDebugField);
  if (!given) return;
  const std::string& token = t.snapshot->telling.debug_token;
  if (!token.empty() && is_same_secret(*given, token)) t.decision = std::make_unique<Decision>();
  fields.erase(kDebugField);
}

void join_trace(Transaction& t) {
  if (!t.snapshot->telling.trace_context) return;
  t.trace = continue_trace(t.request().fields, t.worker.random);
  carry_trace(t.request().fields, *t.trace);
}

void tell(const Transaction& t, http::Fields& fields) {
  if (t.site && t.site->delivery.server_timing && !t.peer)
    fields.add("Server-Timing", server_timing(t));
  if (t.decision) tell_decision(t, fields);
}

bool is_same_secret(std::string_view a, std::string_view b) {
  volatile unsigned char differs = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    differs = static_cast<unsigned char>(
        differs | (static_cast<unsigned char>(a[i]) ^
                   static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()])));
  return differs == 0;
}

}  // namespace meridian::edge
