#pragma once

#include <optional>
#include <string>

#include "edge-node/request/context.h"

namespace meridian::edge {

/// What the edge answers by itself.
struct LocalAnswer {
  int status = 200;
  http::Fields fields;
  std::string body;
  bool unseen = false;     // where the version of HTTP can say so: the request was not looked at
  bool elsewhere = false;  // another edge that asks does better to ask the origins
};

/// With a page that says no more than the status.
LocalAnswer plain_answer(int status);

/// The site of the host, if the TLS session was made for it: its own name, or another one that
/// the same certificate serves (RFC 9110 section 7.4). Null: none.
const Site* site_of(const Snapshot& snapshot, std::string_view host, const Visitor& visitor);

/// The first steps of a request: health, methods that are not served, the site, its rules. Sets
/// `t.site` and `t.ruling`. No value: the request goes on.
std::optional<LocalAnswer> answer_locally(Transaction& t);

}  // namespace meridian::edge
