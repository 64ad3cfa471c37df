#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "edge-node/rules/match.h"
#include "edge-node/rules/rule.h"

namespace meridian::edge {

/// What a site's rules make of a request. Sees the rules.
struct Ruling {
  struct FilledChange {
    const HeaderChange* change;
    std::string value;
  };

  int status = 0;                          // not 0: answer at once with this
  const Rule* by = nullptr;                // whose answer that is
  std::string location;                    // of a redirect
  const RespondAction* respond = nullptr;  // the answer's body; null: a plain page
  std::chrono::seconds retry_after{0};     // not 0: the client has asked too often
  std::vector<FilledChange> fields;        // to change in whatever is answered
  std::vector<FilledChange> asked;         // that were changed in the request, in order
  CacheOverride cache;
  const ChoosePoolAction* pool = nullptr;  // null: the site's
};

/// What one rule did, for explanations.
struct RuleStep {
  const Rule* rule;
  bool matched;
  std::string reason;  // in words: why it matches or does not
  std::string effect;  // in words; empty if it does not match
};

/// What rules need beside the request. `limits` null: nobody has asked too often. `steps` null: no
/// explanation is wanted.
struct RuleTools {
  RateLimits* limits = nullptr;
  Instant now{};
  std::vector<RuleStep>* steps = nullptr;
};

/// Changes nothing. What is true of a request that no rule has changed yet.
bool any_rule_matches(std::span<const RulePtr> rules, const Subject& subject);

/// Applies `rules` in order to the request, whose target and fields they may change; the first that
/// answers or allows ends it.
/// `subject` is about `request`.
Ruling apply_rules(std::span<const RulePtr> rules, http::RequestHead& request,
                   const Subject& subject, const RuleTools& tools);

void change_field(http::Fields& fields, const HeaderChange& change, std::string_view value);

}  // namespace meridian::edge
