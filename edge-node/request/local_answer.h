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
};

/// With a page that says no more than the status.
LocalAnswer plain_answer(int status);

/// The first steps of a request: health, methods that are not served, the site, its rules. Sets
/// `t.site` and `t.ruling`. No value: the request goes on.
std::optional<LocalAnswer> answer_locally(Transaction& t);

}  // namespace meridian::edge
