#include "controller/gslbctl/http_explanation.h"

#include "controller/gslbctl/render.h"

namespace meridian::gslbctl {
namespace {

Table rules_table(const v1::HttpExplanation& told) {
  Table table{{"RULE", "MATCHES", "REASON", "EFFECT"}, {}};
  for (const auto& step : told.rules())
    table.rows.push_back({step.rule(), step.matched() ? Cell("yes", Tone::good) : Cell("no"),
                          step.reason(), step.effect()});
  return table;
}

std::string client_text(const v1::HttpExplainRequest& asked, const v1::HttpExplanation& told) {
  std::string text = asked.client();
  if (!told.country().empty()) text += ", " + told.country();
  if (told.asn() != 0) text += ", AS" + std::to_string(told.asn());
  return text;
}

std::string line(const std::string& name, const std::string& value) {
  return value.empty() ? "" : "  " + name + std::string(10 - name.size(), ' ') + value + "\n";
}

}  // namespace

std::string http_explanation_text(const v1::HttpExplainRequest& asked,
                                  const v1::HttpExplanation& told, bool colours) {
  auto text = (asked.method().empty() ? "GET" : asked.method()) + " " + asked.url() + "\n";
  text += line("client", client_text(asked, told));
  text += line("site", told.site().empty() ? "none" : told.site());
  text += line("asked", told.node() + ", revision " + std::to_string(told.revision()));
  if (!told.rules().empty()) text += "\n" + rules_table(told).text(colours) + "\n";
  if (told.status() != 0)
    text += line("answer", std::to_string(told.status()) +
                               (told.location().empty() ? "" : ", to " + told.location()));
  text += line("fetched", told.fetched());
  text += line("pool", told.origin_pool());
  text += line("cache", told.cache());
  text += line("key", told.cache_key());
  return text + line("because", told.reason());
}

}  // namespace meridian::gslbctl
