#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/net/address.h"
#include "edge-node/http/message.h"
#include "edge-node/http/normal_path.h"
#include "edge-node/rules/rule.h"

namespace meridian::edge {

/// "FR" as a number; 0: not known.
constexpr std::uint16_t country_code(std::string_view text) {
  if (text.size() != 2) return 0;
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[0]) << 8 |
                                    static_cast<std::uint8_t>(text[1]));
}

inline std::string country_text(std::uint16_t code) {
  if (code == 0) return {};
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

/// Where a client is, as the edge's databases know; 0: they do not.
struct ClientPlace {
  std::uint16_t country = 0;  // country_code()
  std::uint32_t asn = 0;
};

/// What rules look at. Sees a request as it changes.
struct Subject {
  const http::RequestHead& request;
  const IpAddress& client;
  bool tls = false;
  ClientPlace place{};
  unsigned worker = 0;  // that asks
};

/// The first condition that a request does not meet.
enum class Condition : std::uint8_t {
  none,  // it meets all
  methods,
  scheme,
  hosts,
  paths,
  path_regex,
  client_prefixes,
  percent,
  headers,
  cookies,
  query_parameters,
  asns,
  countries,
  except,
};
struct Unmet {
  Condition condition = Condition::none;
  /// In its list: of fields and exceptions; of a path: of the spelling that does not meet it, 0 is
  /// the normal form, others follow.
  std::size_t index = 0;
};

/// By which spellings of its path (http::PathSpellings) a request meets a condition. What takes
/// something from visitors holds by any of them, and by a method in any letter case, as some
/// origins ignore it. What gives them something holds by all but the raw one, as whichever the
/// origin takes it for must be meant, and by the method itself.
enum class Spellings : std::uint8_t { any, all };
Spellings spellings_for(const Rule& rule);

/// What path_regex took, where there is one and all is met.
struct Taken {
  rule::Groups groups{};
  http::SpellingMemory path;  // what they may be of; else they are of the request. For many rules
};

/// Pure. `taken` may be null. `name`: of the rule, by which clients of a percentage are chosen.
/// Exceptions are met by the other kind of spellings: what keeps a rule from giving takes.
Unmet first_unmet(const Match& match, const Subject& subject, std::string_view name,
                  Spellings spellings = Spellings::any, Taken* taken = nullptr);

/// `memory`: for many rules.
bool matches(const Rule& rule, const Subject& subject, http::SpellingMemory& memory);

}  // namespace meridian::edge
