#include "edge-node/rules/match.h"

#include <algorithm>
#include <optional>

#include "edge-node/http/cookies.h"
#include "edge-node/http/hex.h"
#include "edge-node/http/normal_path.h"
#include "edge-node/http/token.h"
#include "edge-node/rules/glob.h"
#include "edge-node/rules/stable_hash.h"

namespace meridian::edge {
namespace {

/// Of a query: `%41` and `+` as what they stand for. What stands for nothing stays.
std::string_view decoded(std::string_view text, std::string& memory) {
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  memory.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && http::hex_value(text[i + 1]) >= 0 &&
        http::hex_value(text[i + 2]) >= 0) {
      memory += static_cast<char>(http::hex_value(text[i + 1]) << 4 | http::hex_value(text[i + 2]));
      i += 2;
    } else {
      memory += text[i] == '+' ? ' ' : text[i];
    }
  }
  return memory;
}

/// Calls `visit(value)` for each of that name until it returns true.
template <class Visit>
void each_header(const Subject& subject, std::string_view name, Visit visit) {
  const auto& fields = subject.request.fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (http::same_word(fields[i].name, name) && visit(fields[i].value)) return;
}

template <class Visit>
void each_cookie(const Subject& subject, std::string_view name, Visit visit) {
  bool done = false;
  each_header(subject, "cookie", [&](std::string_view cookies) {
    http::for_each_cookie(cookies, [&](std::string_view key, std::string_view value, auto) {
      if (!done && key == name) done = visit(value);
    });
    return done;
  });
}

template <class Visit>
void each_parameter(const Subject& subject, std::string_view name, Visit visit) {
  std::string_view rest = subject.request.target;
  const auto mark = rest.find('?');
  if (mark == std::string_view::npos) return;
  rest.remove_prefix(mark + 1);
  std::string memory;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.empty() || decoded(pair.substr(0, equals), memory) != name) continue;
    if (visit(decoded(pair.substr(std::min(equals + 1, pair.size())), memory))) return;
  }
}

bool value_fits(const FieldTest& test, std::string_view value, unsigned worker) {
  if (test.regex) return test.regex->finds(value, worker);
  return test.values.empty() ||
         std::any_of(test.values.begin(), test.values.end(),
                     [&](const auto& glob) { return glob_matches(glob, value); });
}

/// The first of `tests` that does not hold, if any.
template <class Each>
std::optional<std::size_t> first_broken(const std::vector<FieldTest>& tests, const Subject& subject,
                                        Each each) {
  for (std::size_t i = 0; i < tests.size(); ++i) {
    bool found = false;
    each(tests[i].name, [&](std::string_view value) {
      found = tests[i].absent || value_fits(tests[i], value, subject.worker);
      return found;
    });
    if (found == tests[i].absent) return i;
  }
  return std::nullopt;
}

bool host_fits(const HostPattern& pattern, std::string_view host) {
  if (!pattern.is_wildcard) return host == pattern.name;
  return host.size() > pattern.name.size() + 1 && host.ends_with(pattern.name) &&
         host[host.size() - pattern.name.size() - 1] == '.';
}

template <class List, class Fits>
bool any(const List& list, Fits fits) {
  return list.empty() || std::any_of(list.begin(), list.end(), fits);
}

bool is_inside(std::uint64_t share, const IpAddress& client, std::string_view name) {
  return stable_hash(client.bytes(), stable_hash(name)) < share;
}

/// A glob that has encoded slashes or parameters in it means them, also where the spelling has
/// plain slashes or no parameters.
bool fits_as_read(const std::string& glob, const http::PathSpelling& path) {
  if (glob_matches(glob, path.text)) return true;
  if (glob.find_first_of("%\\;") == std::string::npos) return false;
  return glob_matches(http::as_read(glob, *path.reading), path.text);
}

/// `fits(text)` and, of other spellings where all must, `fits_as_read(spelling)`.
template <class Fits, class FitsAsRead>
Unmet unmet_of_path(Condition condition, const http::PathSpellings& path, Spellings spellings,
                    Fits fits, FitsAsRead fits_as_read) {
  const bool fits_normal = fits(path.normal);
  if (spellings == Spellings::any) {
    if (fits_normal || (path.raw != path.normal && fits(path.raw)) ||
        std::any_of(path.others.begin(), path.others.end(),
                    [&](const auto& other) { return fits(other.text); }))
      return {};
    return {condition};
  }
  if (!fits_normal) return {condition};
  for (std::size_t i = 0; i < path.others.size(); ++i)
    if (!fits_as_read(path.others[i])) return {condition, i + 1};
  return {};
}

/// What a regex takes is of the normal form wherever it finds something there.
Unmet unmet_regex(const rule::Regex& regex, const http::PathSpellings& path, Spellings spellings,
                  unsigned worker, rule::Groups* groups) {
  return unmet_of_path(
      Condition::path_regex, path, spellings,
      [&](std::string_view text) {
        return groups ? regex.finds(text, *groups, worker) : regex.finds(text, worker);
      },
      [&](const http::PathSpelling& other) { return regex.finds(other.text, worker); });
}

Unmet unmet_paths(const std::vector<std::string>& globs, const http::PathSpellings& path,
                  Spellings spellings) {
  const auto any_glob = [&](const auto& text, auto glob_fits) {
    return std::any_of(globs.begin(), globs.end(),
                       [&](const auto& glob) { return glob_fits(glob, text); });
  };
  return unmet_of_path(
      Condition::paths, path, spellings,
      [&](std::string_view text) { return any_glob(text, glob_matches); },
      [&](const http::PathSpelling& other) { return any_glob(other, fits_as_read); });
}

bool has_method(const std::vector<std::string>& methods, std::string_view method,
                Spellings spellings) {
  return any(methods, [&](const auto& each) {
    return each == method || (spellings == Spellings::any && http::same_word(each, method));
  });
}

/// In the order of what they cost.
Unmet first_unmet_of_request(const Match& match, const Subject& subject, std::string_view name,
                             Spellings spellings, http::SpellingMemory& memory,
                             rule::Groups* groups) {
  const auto& request = subject.request;
  if (!has_method(match.methods, request.method, spellings)) return {Condition::methods};
  if (match.tls && *match.tls != subject.tls) return {Condition::scheme};
  if (!any(match.hosts, [&](const auto& host) { return host_fits(host, request.host); }))
    return {Condition::hosts};
  http::PathSpellings path;
  if (!match.paths.empty() || match.path_regex) path = http::spellings_of(request.path(), memory);
  if (!match.paths.empty()) {
    const auto unmet = unmet_paths(match.paths, path, spellings);
    if (unmet.condition != Condition::none) return unmet;
  }
  if (!match.clients.empty() && !match.clients.contains(subject.client))
    return {Condition::client_prefixes};
  if (match.share && !is_inside(*match.share, subject.client, name)) return {Condition::percent};
  if (match.path_regex)
    return unmet_regex(*match.path_regex, path, spellings, subject.worker, groups);
  return {};
}

Unmet first_unmet_of_fields(const Match& match, const Subject& subject) {
  const auto header = first_broken(match.headers, subject, [&](const auto& name, auto visit) {
    each_header(subject, name, visit);
  });
  if (header) return {Condition::headers, *header};
  const auto cookie = first_broken(match.cookies, subject, [&](const auto& name, auto visit) {
    each_cookie(subject, name, visit);
  });
  if (cookie) return {Condition::cookies, *cookie};
  const auto parameter =
      first_broken(match.query_parameters, subject,
                   [&](const auto& name, auto visit) { each_parameter(subject, name, visit); });
  if (parameter) return {Condition::query_parameters, *parameter};
  return {};
}

Unmet first_unmet_of(const Match& match, const Subject& subject, std::string_view name,
                     Spellings spellings, http::SpellingMemory& memory,
                     rule::Groups* groups = nullptr) {
  auto unmet = first_unmet_of_request(match, subject, name, spellings, memory, groups);
  if (unmet.condition == Condition::none) unmet = first_unmet_of_fields(match, subject);
  if (unmet.condition != Condition::none) return unmet;
  const auto& place = subject.place;
  if (!match.asns.empty() && !std::binary_search(match.asns.begin(), match.asns.end(), place.asn))
    return {Condition::asns};
  if (!match.countries.empty() &&
      !std::binary_search(match.countries.begin(), match.countries.end(), place.country))
    return {Condition::countries};
  // Nobody is taken out of what takes, or kept in what gives, by a detour through an exception.
  const auto opposite = spellings == Spellings::any ? Spellings::all : Spellings::any;
  for (std::size_t i = 0; i < match.except.size(); ++i)
    if (first_unmet_of(match.except[i], subject, name, opposite, memory).condition ==
        Condition::none)
      return {Condition::except, i};
  return {};
}

}  // namespace

Spellings spellings_for(const Rule& rule) {
  const auto* cache = std::get_if<CacheOverride>(&rule.action);
  const bool gives = std::holds_alternative<AllowAction>(rule.action) ||
                     std::holds_alternative<RewriteAction>(rule.action) ||
                     std::holds_alternative<ChoosePoolAction>(rule.action) ||
                     (cache && !cache->bypass);
  return gives ? Spellings::all : Spellings::any;
}

Unmet first_unmet(const Match& match, const Subject& subject, std::string_view name,
                  Spellings spellings, Taken* taken) {
  if (taken) return first_unmet_of(match, subject, name, spellings, taken->path, &taken->groups);
  http::SpellingMemory memory;
  return first_unmet_of(match, subject, name, spellings, memory);
}

bool matches(const Rule& rule, const Subject& subject, http::SpellingMemory& memory) {
  return first_unmet_of(rule.match, subject, rule.name, spellings_for(rule), memory).condition ==
         Condition::none;
}

}  // namespace meridian::edge
