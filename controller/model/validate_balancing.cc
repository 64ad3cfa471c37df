// How an edge chooses among the origins of a pool, tries them and spares them.
#include "controller/model/check.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMostFailures = 1000;
constexpr std::uint32_t kMostAttempts = 8;
constexpr std::uint32_t kMostRequests = 1'000'000;
constexpr std::uint32_t kMostConnections = 65'536;
constexpr std::uint32_t kMostPending = 65'536;

void check_sticky_cookie(Check& check, const v1::StickyCookie& cookie) {
  if (cookie.name().empty())
    check.wrong("spec.sticky_cookie.name", "is missing");
  else if (!is_token(cookie.name()) || cookie.name().size() > kMostFieldName)
    check.wrong("spec.sticky_cookie.name",
                in_quotes(cookie.name()) + " is not the name of a cookie");
  if (cookie.has_ttl()) check.freshness("spec.sticky_cookie.ttl", cookie.ttl());
}

void check_ejection(Check& check, const v1::Ejection& ejection) {
  if (ejection.has_failures())
    check.number("spec.ejection.failures", ejection.failures(), 0, kMostFailures);
  if (ejection.has_duration())
    check.duration("spec.ejection.duration", ejection.duration(), {.least = 100ms, .most = 1h});
  if (ejection.has_max_percent())
    check.number("spec.ejection.max_percent", ejection.max_percent(), 0, 100);
}

void check_retry(Check& check, const v1::RetryPolicy& retry) {
  if (retry.has_attempts()) check.number("spec.retry.attempts", retry.attempts(), 1, kMostAttempts);
  if (retry.has_budget_percent())
    check.number("spec.retry.budget_percent", retry.budget_percent(), 0, 100);
}

void check_breaker(Check& check, const v1::CircuitBreaker& breaker) {
  if (breaker.has_max_requests())
    check.number("spec.breaker.max_requests", breaker.max_requests(), 1, kMostRequests);
  if (breaker.has_max_connections())
    check.number("spec.breaker.max_connections", breaker.max_connections(), 1, kMostConnections);
  if (breaker.has_max_pending())
    check.number("spec.breaker.max_pending", breaker.max_pending(), 0, kMostPending);
}

void check_secret_header(Check& check, const v1::OriginSecret& header) {
  const auto& name = header.name();
  const auto& value = header.value();
  const std::string field = "spec.secret_header.";
  if (name.empty())
    check.wrong(field + "name", "is missing");
  else
    check.added_field(field + "name", name);
  // The value is a secret: no message quotes it.
  if (value.empty())
    check.wrong(field + "value", "is missing");
  else if (breaks_a_line(value) || value.size() > kMostFieldValue)
    check.wrong(
        field + "value",
        "has a line break or another control character in it, or is longer than 8192 bytes");
  else if (std::string_view(" \t").find(value.front()) != std::string_view::npos ||
           std::string_view(" \t").find(value.back()) != std::string_view::npos)
    check.wrong(field + "value", "begins or ends with a blank, which no field value can");
}

}  // namespace

void check_balancing(Check& check, const v1::OriginPool& pool) {
  if (!v1::BalanceMethod_IsValid(pool.balance()))
    check.wrong("spec.balance", "is none that is known");
  if (!v1::HashKey_IsValid(pool.hash_key()))
    check.wrong("spec.hash_key", "is none that is known");
  else if (pool.hash_key() != v1::HASH_KEY_UNSPECIFIED &&
           pool.balance() != v1::BALANCE_METHOD_CONSISTENT_HASH)
    check.wrong("spec.hash_key", "is for balance: consistent_hash only");
  if (pool.has_sticky_cookie()) check_sticky_cookie(check, pool.sticky_cookie());
  if (pool.has_ejection()) check_ejection(check, pool.ejection());
  if (pool.has_slow_start())
    check.duration("spec.slow_start", pool.slow_start(), {.least = 0ms, .most = 1h});
  if (pool.has_retry()) check_retry(check, pool.retry());
  if (pool.has_breaker()) check_breaker(check, pool.breaker());
  if (pool.has_secret_header()) check_secret_header(check, pool.secret_header());
}

}  // namespace meridian::control
