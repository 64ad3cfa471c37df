#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/rule/regex.h"
#include "common/rule/template.h"
#include "edge-node/policy/settings.h"
#include "edge-node/rules/prefix_set.h"
#include "edge-node/rules/rate_limits.h"

/// Rule resources in the form that requests read; the fields of rule.proto.
namespace meridian::edge {

struct OriginPool;

/// What is asked of a header field, a query parameter or a cookie. Neither values nor a regex: that
/// it is there.
struct FieldTest {
  std::string name;
  std::vector<std::string> values;           // globs
  std::shared_ptr<const rule::Regex> regex;  // null: none
  bool absent = false;
};

struct HostPattern {
  std::string name;  // lower case
  bool is_wildcard = false;
};

/// Every list that is given must match.
struct Match {
  std::vector<std::string> methods;
  std::optional<bool> tls;
  std::vector<HostPattern> hosts;
  std::vector<std::string> paths;
  std::shared_ptr<const rule::Regex> path_regex;  // null: none
  PrefixSet clients;                              // empty: all
  std::optional<std::uint64_t> share;             // of all hashes: those below
  std::vector<FieldTest> headers;
  std::vector<FieldTest> cookies;
  std::vector<FieldTest> query_parameters;
  std::vector<std::uint32_t> asns;       // in order
  std::vector<std::uint16_t> countries;  // country_code(), in order
  std::vector<Match> except;
};

struct DenyAction {
  int status = 403;
};
struct AllowAction {};
struct RedirectAction {
  rule::Template location;
  int status = 302;
};
struct RespondAction {
  int status = 200;
  std::string content_type;
  std::string body;
};
struct RewriteAction {
  rule::Template path;  // empty: see the prefixes
  std::string strip_prefix;
  std::string add_prefix;
  std::optional<rule::Template> query;
};
struct HeaderChange {
  enum class Side : std::uint8_t { request, response };
  enum class Kind : std::uint8_t { remove, set, add };
  Side side = Side::request;
  Kind kind = Kind::set;
  std::string name;
  rule::Template value;  // filled and empty: of `set`, as `remove`; of `add`, nothing
};
struct HeaderAction {
  std::vector<HeaderChange> changes;
};
struct ChoosePoolAction {
  std::string name;
  std::shared_ptr<const OriginPool> pool;
};
struct RequireAction {
  std::string header;
  std::vector<std::string> values;
  int status = 403;
};

struct Rule {
  std::string name;
  Match match;
  std::variant<DenyAction, AllowAction, RedirectAction, RespondAction, RewriteAction, HeaderAction,
               CacheOverride, ChoosePoolAction, RatePace, RequireAction>
      action;
  bool needs_place = false;  // where the client is decides, or is told
};
using RulePtr = std::shared_ptr<const Rule>;

}  // namespace meridian::edge
