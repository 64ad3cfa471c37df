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

/// It is for the edge itself, whatever its host. Pure.
bool asks_for_health(const http::RequestHead& request);
/// OPTIONS that goes no further than to this edge (RFC 9110 section 7.6.2). Pure.
bool is_last_recipient(const http::RequestHead& request);
/// Where a request by plain HTTP is sent to. Pure.
std::string https_url(const Snapshot& snapshot, const http::RequestHead& request);

/// The first steps of a request: health, methods that are not served, the site, its rules; as
/// explain_http() tells of them. Sets `t.site` and `t.ruling`. No value: the request goes on.
std::optional<LocalAnswer> answer_locally(Transaction& t);

}  // namespace meridian::edge
