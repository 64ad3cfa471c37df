#include "edge-node/cache/vary.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::edge {

Vary parse_vary(const http::Fields& response) {
  Vary vary;
  const std::string list = response.combined("vary");
  http::ListWords words(list);
  while (const auto word = words.next()) {
    if (*word == "*") vary.any = true;
    vary.names.push_back(http::lower_text(*word));
  }
  std::sort(vary.names.begin(), vary.names.end());
  vary.names.erase(std::unique(vary.names.begin(), vary.names.end()), vary.names.end());
  return vary;
}

std::string selecting_values(const Vary& vary, const http::Fields& request) {
  std::string values;
  for (const auto& name : vary.names) {
    values += name;
    values += request.has(name) ? ':' : '!';  // absent and empty differ
    const std::string list = request.combined(name);
    http::ListWords words(list);
    while (const auto word = words.next()) {
      values += *word;
      values += ',';
    }
    values += '\n';
  }
  return values;
}

}  // namespace meridian::edge
