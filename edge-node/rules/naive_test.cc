// Matching against a model that is too simple to be wrong: strings, split and compared.
#include <random>

#include <gtest/gtest.h>

#include "edge-node/rules/test_request.h"

namespace meridian::edge {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A request and a match over a few words, so that they often meet.
class Random {
 public:
  explicit Random(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t most) { return random_() % most; }
  bool chance() { return below(2) == 0; }
  std::string pick(std::initializer_list<const char*> words) {
    return *(words.begin() + below(words.size()));
  }
  std::string word() { return pick({"a", "b", "ab", "ba", "A"}); }
  std::string path() {
    std::string path;
    for (auto parts = 1 + below(3); parts > 0; --parts) path += "/" + word();
    return path;
  }
  /// One with detours, with slashes in disguise, and with parameters.
  std::string odd_path() {
    std::string path = "/" + odd_word();
    for (auto parts = below(4); parts > 0; --parts)
      path += pick({"/", "/", "/", "//", "%2F", "%2f", "\\", "%5C", "%5c"}) + odd_word();
    return path;
  }
  std::string glob() {
    std::string text = path();
    for (char& c : text)
      if (below(4) == 0) c = '*';
    if (below(8) == 0) text.insert(text.size() / 2, pick({"%2F", ";", "%3B", ";a%2F"}));
    return text;
  }
  IpAddress address() { return IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(below(8))); }

 private:
  std::string odd_word() {
    const auto word = pick({"a", "b", "ab", "%61", "..", "%2e%2E", ".", "a..", ""});
    return below(6) > 0 ? word : word + pick({";", "%3B", "%3b", ";a", "%3B;b"});
  }

  std::mt19937_64 random_;
};

/// Recursion over both texts.
bool naive_glob(const std::string& pattern, const std::string& text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return naive_glob(pattern.substr(1), text) ||
           (!text.empty() && naive_glob(pattern, text.substr(1)));
  return !text.empty() && pattern[0] == text[0] && naive_glob(pattern.substr(1), text.substr(1));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::vector<std::string> segments_of(const std::string& path) {
  std::vector<std::string> segments;
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    segments.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

std::string naive_resolved(const std::string& path) {
  const auto segments = segments_of(path);
  std::vector<std::string> stack;
  for (const auto& segment : segments) {
    if (segment == ".." && !stack.empty()) stack.pop_back();
    if (segment != ".." && segment != "." && !segment.empty()) stack.push_back(segment);
  }
  std::string result;
  for (const auto& segment : stack) result += "/" + segment;
  const auto& last = segments.back();
  return last.empty() || last == "." || last == ".." ? result + "/" : result;
}

std::string naive_slashes(const std::string& text) {
  return replaced(replaced(replaced(text, "%2F", "/"), "%5C", "/"), "\\", "/");
}

/// What odd_path() writes in different ways, in one.
std::string naive_escapes(std::string text) {
  for (const auto& [from, to] : {std::pair("%61", "a"),
                                 {"%2e", "."},
                                 {"%2E", "."},
                                 {"%2f", "%2F"},
                                 {"%5c", "%5C"},
                                 {"%3b", "%3B"}})
    text = replaced(text, from, to);
  return text;
}

struct Question {
  std::string name;
  std::vector<std::string> values;
  std::string part;  // of a value, as the regex; empty: none
  bool absent = false;
};

bool naive_test(const Question& question, const Pairs& pairs, bool ignore_case) {
  std::vector<std::string> values;
  for (const auto& [name, value] : pairs) {
    const bool same = ignore_case ? std::equal(name.begin(), name.end(), question.name.begin(),
                                               question.name.end(),
                                               [](char a, char b) { return (a | 32) == (b | 32); })
                                  : name == question.name;
    if (same) values.push_back(value);
  }
  if (question.absent) return values.empty();
  for (const auto& value : values) {
    if (!question.part.empty() && value.find(question.part) == std::string::npos) continue;
    bool fits = question.values.empty();
    for (const auto& glob : question.values) fits = fits || naive_glob(glob, value);
    if (fits) return true;
  }
  return false;
}

struct Case {
  std::string method, path, host;
  Pairs headers, cookies, parameters;
  IpAddress client;
  bool tls = false;
  ClientPlace place;
};

/// What both forms of a match are made of.
struct Conditions {
  std::vector<std::string> methods, hosts, paths, part_of_path;
  std::vector<IpPrefix> clients;
  std::vector<Question> headers, cookies, parameters;
  std::optional<bool> tls;
  std::vector<std::uint32_t> asns;
  std::vector<std::string> countries;
  std::vector<Conditions> except;
};

using Reader = std::string (*)(const std::string&);

std::string naive_cut(const std::string& path) {
  std::string result;
  for (const auto& segment : segments_of(path))
    result += "/" + segment.substr(0, segment.find(';'));
  return result;
}
std::string naive_decoded_cut(const std::string& path) {
  return naive_cut(replaced(path, "%3B", ";"));
}

/// What servers make of a path, and so of a pattern.
constexpr Reader kReaders[] = {
    [](const std::string& path) { return path; },
    naive_slashes,
    naive_cut,
    [](const std::string& path) { return naive_slashes(naive_cut(path)); },
    naive_decoded_cut,
    [](const std::string& path) { return naive_decoded_cut(naive_slashes(path)); },
};

/// `fits(path)`, and `fits_read(path, reader)` of what readers see where all must.
template <class Fits, class FitsRead>
bool naive_path(const std::string& path, Spellings spellings, Fits fits, FitsRead fits_read) {
  const auto plain = naive_escapes(path);
  const auto normal = naive_resolved(plain);
  bool any = fits(path) || fits(normal), all = fits(normal);
  for (const auto read : kReaders) {
    const auto text = read(plain);
    for (const auto& spelling : {text, naive_resolved(text)}) {
      any = any || fits(spelling);
      all = all && (spelling == normal || fits_read(spelling, read));
    }
  }
  return spellings == Spellings::any ? any : all;
}

bool naive_match(const Conditions& wanted, const Case& asked, Spellings spellings) {
  const auto any = [](const auto& list, auto fits) {
    bool found = list.empty();
    for (const auto& each : list) found = found || fits(each);
    return found;
  };
  const auto all = [](const auto& list, const Pairs& pairs, bool ignore_case) {
    for (const auto& each : list)
      if (!naive_test(each, pairs, ignore_case)) return false;
    return true;
  };
  const auto names = [&](const std::string& path) {
    return any(wanted.paths, [&](const auto& glob) { return naive_glob(glob, path); });
  };
  const auto names_read = [&](const std::string& path, Reader read) {
    return any(wanted.paths, [&](const auto& glob) {
      return naive_glob(glob, path) || naive_glob(read(glob), path);
    });
  };
  const auto has_part = [&](const std::string& path) {
    return any(wanted.part_of_path,
               [&](const auto& part) { return path.find(part) != std::string::npos; });
  };
  const auto has_part_read = [&](const std::string& path, Reader) { return has_part(path); };
  const auto same_method = [&](std::string method) {
    if (spellings == Spellings::any && asked.method == "post") method = http::lower_text(method);
    return method == asked.method;
  };
  const auto other = spellings == Spellings::any ? Spellings::all : Spellings::any;
  for (const auto& except : wanted.except)
    if (naive_match(except, asked, other)) return false;
  return any(wanted.methods, same_method) &&
         any(wanted.hosts,
             [&](const auto& host) {
               return host.starts_with("*.") ? asked.host.ends_with(host.substr(1)) &&
                                                   asked.host.size() > host.size() - 1
                                             : host == asked.host;
             }) &&
         naive_path(asked.path, spellings, names, names_read) &&
         naive_path(asked.path, spellings, has_part, has_part_read) &&
         any(wanted.clients, [&](const auto& prefix) { return prefix.contains(asked.client); }) &&
         any(wanted.asns, [&](auto asn) { return asn == asked.place.asn; }) &&
         any(wanted.countries,
             [&](const auto& code) { return country_code(code) == asked.place.country; }) &&
         (!wanted.tls || *wanted.tls == asked.tls) && all(wanted.headers, asked.headers, true) &&
         all(wanted.cookies, asked.cookies, false) &&
         all(wanted.parameters, asked.parameters, false);
}

std::vector<FieldTest> tests_of(const std::vector<Question>& questions) {
  std::vector<FieldTest> tests;
  for (const auto& question : questions)
    tests.push_back({.name = question.name,
                     .values = question.values,
                     .regex = question.part.empty() ? nullptr : regex_of(question.part),
                     .absent = question.absent});
  return tests;
}

Match match_of(const Conditions& wanted) {
  Match match;
  match.methods = wanted.methods;
  match.tls = wanted.tls;
  for (const auto& host : wanted.hosts) {
    const bool is_wildcard = host.starts_with("*.");
    match.hosts.push_back({is_wildcard ? host.substr(2) : host, is_wildcard});
  }
  match.paths = wanted.paths;
  if (!wanted.part_of_path.empty()) match.path_regex = regex_of(wanted.part_of_path[0]);
  match.clients = PrefixSet(wanted.clients);
  match.headers = tests_of(wanted.headers);
  match.cookies = tests_of(wanted.cookies);
  match.query_parameters = tests_of(wanted.parameters);
  match.asns = wanted.asns;
  std::sort(match.asns.begin(), match.asns.end());
  for (const auto& code : wanted.countries) match.countries.push_back(country_code(code));
  std::sort(match.countries.begin(), match.countries.end());
  for (const auto& except : wanted.except) match.except.push_back(match_of(except));
  return match;
}

Pairs random_pairs(Random& random) {
  Pairs pairs;
  for (auto count = random.below(4); count > 0; --count)
    pairs.emplace_back(random.word(), random.word());
  return pairs;
}

std::vector<Question> random_questions(Random& random) {
  std::vector<Question> questions;
  if (random.below(3) > 0) return questions;
  for (auto count = random.below(3); count > 0; --count) {
    Question question{.name = random.word(), .values = {}, .part = {}, .absent = false};
    switch (random.below(4)) {
      case 0:
        question.absent = true;
        break;
      case 1:
        question.part = random.word();
        break;
      case 2:
        for (auto values = 1 + random.below(2); values > 0; --values)
          question.values.push_back(random.pick({"a", "b", "*", "a*", "*a"}));
        break;
      default:
        break;
    }
    questions.push_back(question);
  }
  return questions;
}

Conditions random_conditions(Random& random, int depth) {
  Conditions wanted;
  const auto some = [&](auto& list, auto make) {
    if (random.below(4) > 0) return;
    for (auto count = 1 + random.below(2); count > 0; --count) list.push_back(make());
  };
  some(wanted.methods, [&] { return random.pick({"GET", "POST"}); });
  some(wanted.hosts, [&] { return random.pick({"a.example", "*.example", "*.a.example"}); });
  some(wanted.paths, [&] { return random.glob(); });
  if (random.below(4) == 0) wanted.part_of_path.push_back("/" + random.word());
  some(wanted.clients,
       [&] { return prefix_of(random.address(), 29 + static_cast<int>(random.below(4))); });
  some(wanted.asns, [&] { return static_cast<std::uint32_t>(1 + random.below(3)); });
  some(wanted.countries, [&] { return random.pick({"FR", "DE"}); });
  if (random.below(4) == 0) wanted.tls = random.chance();
  wanted.headers = random_questions(random);
  wanted.cookies = random_questions(random);
  wanted.parameters = random_questions(random);
  if (depth == 0) some(wanted.except, [&] { return random_conditions(random, 1); });
  return wanted;
}

Case random_case(Random& random) {
  Case asked;
  asked.method = random.pick({"GET", "POST", "post"});
  asked.path = random.chance() ? random.path() : random.odd_path();
  asked.host = random.pick({"example", "a.example", "b.a.example"});
  asked.headers = random_pairs(random);
  asked.cookies = random_pairs(random);
  asked.parameters = random_pairs(random);
  asked.client = random.address();
  asked.tls = random.chance();
  asked.place.asn = static_cast<std::uint32_t>(random.below(4));
  asked.place.country = country_code(random.pick({"FR", "DE", ""}));
  return asked;
}

http::RequestHead request_of(const Case& asked, Random& random) {
  std::string target = asked.path;
  for (std::size_t i = 0; i < asked.parameters.size(); ++i)
    target += (i == 0 ? "?" : "&") + asked.parameters[i].first + "=" + asked.parameters[i].second;
  auto request = edge::request_of(asked.method, target, asked.headers, asked.host);
  std::string cookies;
  for (const auto& [name, value] : asked.cookies) {
    if (!cookies.empty() && random.chance())
      request.fields.add("Cookie", std::exchange(cookies, ""));
    cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
  }
  if (!cookies.empty()) request.fields.add("cookie", cookies);
  return request;
}

TEST(Match, AgreesWithTheNaiveEvaluator) {
  int matched = 0, by_some_spellings = 0;
  for (std::uint64_t seed = 1; seed <= 8000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const auto wanted = random_conditions(random, 0);
    const auto match = match_of(wanted);
    for (int i = 0; i < 10; ++i) {
      const auto asked = random_case(random);
      const auto request = request_of(asked, random);
      const Subject subject{
          .request = request, .client = asked.client, .tls = asked.tls, .place = asked.place};
      const auto is_found = [&](Spellings spellings) {
        return first_unmet(match, subject, "rule", spellings).condition == Condition::none;
      };
      const bool by_any = is_found(Spellings::any), by_all = is_found(Spellings::all);
      ASSERT_EQ(by_any, naive_match(wanted, asked, Spellings::any))
          << request.target << " of " << request.host;
      ASSERT_EQ(by_all, naive_match(wanted, asked, Spellings::all))
          << request.target << " of " << request.host;
      ASSERT_TRUE(by_any || !by_all) << request.target << ": what gives takes less";
      matched += by_any ? 1 : 0;
      by_some_spellings += by_any && !by_all ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 2000);
  EXPECT_GT(by_some_spellings, 100);
}

TEST(Rewrite, LetsNobodyOutOfWhatItPutsInFront) {
  Match below_a;
  below_a.path_regex = regex_of("^/a(.*)$");
  const std::vector<RulePtr> rules = {
      rule_of({}, rewrite_prefix("", "/t")),        rule_of({}, rewrite_prefix("/a", "/t")),
      rule_of({}, rewrite_to("/t${path}")),         rule_of({}, rewrite_to("/t/${uri}")),
      rule_of(below_a, rewrite_prefix("/a", "/t")), rule_of(below_a, rewrite_to("/t/${1}"))};
  int rewritten = 0;
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto path = random.odd_path();
    auto request = edge::request_of("GET", path + "?/../x");
    const Subject subject{.request = request, .client = IpAddress()};
    std::vector<RuleStep> steps;
    apply_rules({&rules[random.below(rules.size())], 1}, request, subject, {.steps = &steps});
    if (!steps[0].matched) continue;
    ++rewritten;
    for (const auto read : kReaders) {
      const auto seen = read(naive_escapes(std::string(request.path())));
      ASSERT_EQ(segments_of(seen)[0], "t") << path << " -> " << seen;
      for (const auto& segment : segments_of(seen))
        ASSERT_TRUE(segment != "." && segment != "..") << path << " -> " << seen;
    }
  }
  EXPECT_GT(rewritten, 12000);
}

}  // namespace
}  // namespace meridian::edge
