#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/net/address.h"
#include "edge-node/http/fields.h"
#include "edge-node/http/message.h"
#include "edge-node/policy/settings.h"

namespace meridian::edge {

/// `*` in `pattern` stands for any characters, none among them. Linear in both for each `*`.
bool glob_matches(std::string_view pattern, std::string_view text);

struct DenyAction {
  int status = 403;
};
struct RedirectAction {
  std::string location;
  int status = 302;
};
struct HeaderAction {
  enum class Side : std::uint8_t { request, response };
  Side side = Side::request;
  std::string name;
  std::string value;  // empty: remove the field
};

/// A Rule resource in the form that requests read. Every list that is given must match.
struct Rule {
  std::vector<std::string> paths;
  std::vector<std::string> methods;
  std::vector<IpPrefix> client_prefixes;
  std::variant<DenyAction, RedirectAction, HeaderAction, CacheOverride> action;
};

/// What a site's rules make of a request.
struct Ruling {
  int status = 0;                                     // not 0: answer at once with this
  std::string location;                               // of a redirect
  std::vector<const HeaderAction*> response_headers;  // to set on whatever is answered
  CacheOverride cache;
};

/// Pure.
bool any_rule_matches(const std::vector<Rule>& rules, const http::RequestHead& request,
                      const IpAddress& client);

/// Applies `rules` in order to `request`, whose fields they may change; the first that denies or
/// redirects ends it. Pure. The result sees `rules`.
Ruling apply_rules(const std::vector<Rule>& rules, http::RequestHead& request,
                   const IpAddress& client);

void set_header(http::Fields& fields, const HeaderAction& action);

}  // namespace meridian::edge
