#include "dns-steer/steer/policy.h"

#include <algorithm>
#include <utility>

#include "dns-steer/steer/pick.h"
#include "dns-steer/steer/rank.h"
#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

SpreadBy spread_by(Method method) {
  switch (method) {
    case Method::weighted:
      return SpreadBy::chance;
    case Method::round_robin:
      return SpreadBy::turn;
    case Method::proximity:
    case Method::failover:
    case Method::consistent_hash:
      return SpreadBy::network;
  }
  return SpreadBy::network;
}

struct Question {
  const Fleet& fleet;
  const Policy& policy;  // the outermost
  const CandidateSet& candidates;
  const IpAddress& client;
};

/// Chooses for one client among those that `health` lets answer.
class Chooser {
 public:
  Chooser(const Question& question, const FamilyHealth& health, LoadStep load, Draws& draws,
          Choice& choice, Way* way)
      : question_(question),
        health_(health),
        load_(load),
        draws_(draws),
        choice_(choice),
        way_(way) {}

  /// Asks the policy, and makes sure that load costs nobody an answer.
  void run(std::uint32_t turn) {
    ask(0, nullptr, turn);
    if (load_.idle()) return;
    if (choice_.count == 0) lead_by_capacity(turn);
    if (!is_full()) {
      phase_ = Phase::rest;
      ask(0, nullptr, turn);
    }
    if (load_.narrows())
      choice_.scope =
          std::max(choice_.scope, question_.client.is_v4() ? kSpreadBits4 : kSpreadBits6);
  }

 private:
  /// Where the client has room; which of all locations it goes to by their scores; the others, for
  /// as many answers as are wanted.
  enum class Phase : std::uint8_t { room, weigh, rest };

  struct Weighed {
    LocationId location = 0;
    SpreadBy by = SpreadBy::network;
    std::uint32_t turn = 0;
    double score = 0;
  };

  /// Asks the policy at a place of the tree, and those nested in it.
  void ask(std::uint32_t place, const Restriction* outer, std::uint32_t turn) {
    const auto& branch = question_.policy.tree[place];
    const auto& policy = question_.fleet.policies[branch.policy];
    const auto hit = policy.place_of(question_.client);
    choice_.scope = std::max(choice_.scope, hit.scope);
    const auto* allowed =
        hit.restriction == kNoOverride ? nullptr : &policy.allowed[hit.restriction];
    const Restriction restriction{allowed, outer};
    const Asked asked{question_.fleet,
                      policy,
                      branch,
                      health_.branches[place],
                      health_.candidates,
                      hit.ranking,
                      restriction,
                      question_.client,
                      turn};
    const auto step = begin(branch.policy, hit.restriction);
    const auto before = found();
    MemberOrder order(asked, draws_);
    while (!is_full()) {
      const auto next = order.next();
      if (!next.found) break;
      lead(asked, order, next, step);
    }
    choice_.scope = std::max(choice_.scope, order.scope());
    while (found() == before && !is_full()) {
      const auto next = order.next_spare();
      if (!next.found) break;
      lead(asked, order, next, step);
    }
    if (way_ != nullptr) path_.pop_back();
  }

  bool is_full() const {
    return choice_.count >= question_.policy.answers ||
           (phase_ == Phase::room && load_.overflows());
  }
  /// Who has too little room is somebody all the same: load leads nobody to members of weight 0.
  std::size_t found() const { return choice_.count + refused_ + weighed_; }

  void lead(const Asked& asked, const MemberOrder& order, const MemberOrder::Next& next,
            std::size_t step) {
    const auto before = choice_.count;
    if (!load_.losses().empty() && phase_ == Phase::room && before == 0) pass_lost(asked, next);
    if (next.below != 0)
      ask(next.below, &asked.restriction, order.inner_turn());
    else
      take_from(next.location, spread_by(asked.policy.method), order.inner_turn());
    if (way_ == nullptr) return;
    const auto policy = question_.policy.tree[next.below].policy;
    way_->policies[step].led.push_back({next.below == 0, next.location, policy,
                                        static_cast<std::size_t>(choice_.count - before),
                                        next.below == 0 && shed_});
  }

  /// Tells of lost locations that would have come before `next`.
  void pass_lost(const Asked& asked, const MemberOrder::Next& next) {
    const auto pass = [&](LocationId location) {
      if (!health_.candidates.contains(location) && asked.restriction.allows(location) &&
          !question_.candidates.at(location).empty())
        load_.pass(location);
    };
    for (const auto location : asked.ranking) {
      if (next.below == 0 && location == next.location) return;
      pass(location);
    }
    if (asked.policy.method != Method::failover) return;
    for (std::size_t i = 0; i < asked.policy.members.size(); ++i) {
      const auto& member = asked.policy.members[i];
      if (member.is_location()) {
        if (next.below == 0 && member.location == next.location) return;
        pass(member.location);
        continue;
      }
      if (next.below != 0 && asked.branch.below[i] == next.below) return;
      const auto& reach = asked.fleet.policies[member.policy].reach;
      for (const auto& loss : load_.losses())
        if (reach.contains(loss.location)) pass(loss.location);
    }
  }

  void lead_by_capacity(std::uint32_t turn) {
    phase_ = Phase::weigh;
    auto* way = std::exchange(way_, nullptr);  // nobody is led anywhere yet
    ask(0, nullptr, turn);
    way_ = way;
    phase_ = Phase::rest;
    if (weighed_ == 0) return;
    if (way_ != nullptr) way_->by_capacity = true;
    take_from(best_.location, best_.by, best_.turn);
  }

  void weigh(const Weighed& one) {
    if (weighed_++ == 0 || one.score > best_.score) best_ = one;
  }

  void take_from(LocationId location, SpreadBy by, std::uint32_t turn) {
    if (phase_ == Phase::weigh) return weigh({location, by, turn, load_.score(location)});
    shed_ = phase_ == Phase::room && !load_.admits(location);
    if (shed_) {
      ++refused_;
      return;
    }
    const auto& policy = question_.policy;
    if (policy.distinct_locations && choice_.has_location(location)) return;
    pick({.candidates = question_.candidates.all,
          .eligible = health_.candidates.at(location),
          .wanted = policy.distinct_locations ? 1 : policy.answers - choice_.count,
          .by = by,
          .order_matters = policy.answer_order == AnswerOrder::best_first,
          .turn = turn},
         question_.client, draws_, choice_);
  }

  /// Where the policy's step stands in the way.
  std::size_t begin(std::uint32_t policy, std::uint32_t restriction) {
    if (way_ == nullptr) return 0;
    path_.push_back(policy);
    way_->policies.push_back({path_, restriction, {}});
    return way_->policies.size() - 1;
  }

  const Question& question_;
  const FamilyHealth& health_;
  LoadStep load_;
  Draws& draws_;
  Choice& choice_;
  Way* way_;
  Phase phase_ = Phase::room;
  Weighed best_;
  std::size_t weighed_ = 0;
  std::size_t refused_ = 0;
  bool shed_ = false;                // the last location had no room
  std::vector<std::uint32_t> path_;  // for the way only
};

void take_fixed(const Policy& policy, Family family, Choice& choice) {
  for (const auto& candidate : policy.panic_addresses[family == Family::v4 ? 0 : 1]) {
    if (choice.count == policy.answers) return;
    choice.take(&candidate);
  }
}

/// A client that may be led to few places only must not lose them to their health.
void panic_for_restricted(const Policy& policy, Family family, const FamilyHealth* everybody,
                          const Question& question, Draws& draws, Chance chance, Choice& choice,
                          Way* way) {
  if (everybody == nullptr || policy.panic_mode == PanicMode::none) return;
  if (policy.panic_mode == PanicMode::fixed) return take_fixed(policy, family, choice);
  if (way != nullptr) *way = {.policies = {}, .restricted_panic = true};
  Chooser(question, *everybody, LoadStep(kNoLoad, 0, question.client), draws, choice, way)
      .run(chance.turn);
}

/// As a rule: nobody is full, nothing is nested, no override names the client, and the nearest
/// locations that answer have enough addresses. What Chooser finds, in fewer steps. False: it is
/// not so simple, and nothing was chosen.
bool take_nearest(const Question& question, const FamilyHealth& health, Draws& draws,
                  Choice& choice) {
  const auto& policy = question.policy;
  if (policy.method != Method::proximity || policy.tree.size() > 1) return false;
  const auto hit = policy.place_of(question.client);
  if (hit.restriction != kNoOverride) return false;
  for (const auto location : hit.ranking) {
    if (!health.candidates.contains(location)) continue;
    pick({.candidates = question.candidates.all,
          .eligible = health.candidates.at(location),
          .wanted = policy.distinct_locations ? 1 : policy.answers - choice.count,
          .by = SpreadBy::network,
          .order_matters = policy.answer_order == AnswerOrder::best_first},
         question.client, draws, choice);
    if (choice.count >= policy.answers) break;
  }
  if (choice.count == 0) return false;
  choice.scope = std::max(choice.scope, hit.scope);
  return true;
}

void shuffle(Draws& draws, Choice& choice) {
  for (std::size_t left = choice.count; left > 1; --left)
    std::swap(choice.addresses[left - 1], choice.addresses[draws.below(left)]);
}

Choice choose_by(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
                 const IpAddress& client, Chance chance, const LoadTable& load, Way* way) {
  const auto number = fleet.sites[site].policy;
  const auto& policy = fleet.policies[number];
  const auto& now = health.of(site, family);
  Choice choice;
  choice.ttl = policy.ttl;
  if (now.eligible == Eligible::nobody) return choice;  // for everybody: the scope is the world
  if (now.eligible == Eligible::fixed) {
    take_fixed(policy, family, choice);
    return choice;
  }
  Draws draws(chance.random);
  const Question question{fleet, policy, fleet.candidates_of(fleet.sites[site], family), client};
  const LoadStep load_step(load, number, client);
  const bool nearest =
      way == nullptr && load_step.idle() && take_nearest(question, now, draws, choice);
  if (!nearest) Chooser(question, now, load_step, draws, choice, way).run(chance.turn);
  if (choice.count == 0)
    panic_for_restricted(policy, family, health.everybody(site, family), question, draws, chance,
                         choice, way);
  if (policy.answer_order == AnswerOrder::shuffled) shuffle(draws, choice);
  return choice;
}

}  // namespace

Choice choose(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
              const IpAddress& client, Chance chance, const LoadTable& load) {
  return choose_by(fleet, health, site, family, client, chance, load, nullptr);
}

Choice choose(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
              const IpAddress& client, Chance chance, Way& way, const LoadTable& load) {
  way = {};
  return choose_by(fleet, health, site, family, client, chance, load, &way);
}

}  // namespace meridian::dns
