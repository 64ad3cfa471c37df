#include "controller/model/purge_target.h"

#include <algorithm>

#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::size_t kLongestUrl = 8'192;
constexpr std::size_t kLongestTag = 128;
constexpr std::size_t kLongestHost = 255;
constexpr std::uint32_t kMostPort = 65'535;

/// Where the host of `url` begins; 0: it is no http(s) URL.
std::size_t host_begin(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) return scheme.size();
  return 0;
}

/// Host and port of `url`, and where they stand.
struct Authority {
  std::size_t begin = 0, end = 0;
  std::string_view host, port;  // the port with its colon; empty: none
};

Authority authority_of(std::string_view url) {
  Authority found;
  found.begin = host_begin(url);
  found.end = std::min(url.find_first_of("/?", found.begin), url.size());
  const auto text = url.substr(found.begin, found.end - found.begin);
  const auto bracket = text.find(']');  // of an IPv6 address, which has colons in it
  const auto host = std::min(
      text.find(':', text.starts_with('[') && bracket != std::string_view::npos ? bracket : 0),
      text.size());
  found.host = text.substr(0, host);
  found.port = text.substr(host);
  return found;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

/// As edges read hosts.
bool is_host(std::string_view host) {
  if (host.size() > kLongestHost) return false;
  if (host.starts_with('['))
    return host.size() > 2 &&
           host.find_first_not_of("0123456789abcdefABCDEF:.", 1) == host.size() - 1 &&
           host.back() == ']';
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
           c == '.' || c == '_';
  });
}

bool is_port(std::string_view digits) {
  std::uint32_t port = 0;
  for (const char c : digits)
    port = is_digit(c) ? port * 10 + static_cast<std::uint32_t>(c - '0') : kMostPort + 1;
  return digits.size() <= 5 && port <= kMostPort;
}

/// What no request can ask for is in no cache: a purge of it would be acknowledged and do nothing.
Result<void> check_url(const std::string& field, std::string_view url) {
  if (host_begin(url) == 0) return Error(field, "must begin with https:// or http://");
  if (url.size() > kLongestUrl) return Error(field, "is too long");
  if (has_blank(url) || url.find('#') != std::string_view::npos)
    return Error(field, "has a blank, a control character or a fragment in it");
  const auto authority = authority_of(url);
  const auto text = url.substr(authority.begin, authority.end - authority.begin);
  if (text.find('@') != std::string_view::npos)
    return Error(field, "has a user in it ('@' before the path): no request has");
  if (authority.host.empty()) return Error(field, "has no host");
  if (!is_ascii(authority.host))
    return Error(field, in_quotes(authority.host) +
                            " has letters outside ASCII; write its A-labels (xn--...)");
  if (!is_host(authority.host)) return Error(field, in_quotes(authority.host) + " is no host");
  if (!authority.port.empty() && !is_port(authority.port.substr(1)))
    return Error(field, in_quotes(authority.port.substr(1)) + " is not a port: 1 to 65535");
  if (!is_ascii(url))
    return Error(
        field,
        "has characters outside ASCII behind its host; write them percent-encoded (%C3%A9), "
        "as requests have them");
  return {};
}

Result<void> check_site(const std::string& field, const std::string& site,
                        const Configuration& configuration) {
  if (configuration.find(v1::KIND_SITE, site) == nullptr)
    return Error(field, "there is no site '" + site + "'");
  return {};
}

/// `pattern` is `host`, or `*.` and a name that `host` is below.
bool serves(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  return host.size() > pattern.size() - 1 && host.ends_with(pattern.substr(1));
}

bool is_of_a_site(std::string_view host, const Configuration& configuration) {
  const auto& all = configuration.resources();
  return std::any_of(all.begin(), all.end(), [&](const auto& entry) {
    const auto& names = entry.second.site().hostnames();
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& name) { return serves(name, host); });
  });
}

/// The host in lower case, as edges compare it, and at least `/` after it.
Result<std::string> checked_prefix(std::string prefix, const Configuration& configuration) {
  if (auto fine = check_url("purge.prefix", prefix); !fine) return fine.error();
  const auto authority = authority_of(prefix);
  const auto end = authority.end;
  for (auto i = authority.begin; i < end; ++i)
    if (prefix[i] >= 'A' && prefix[i] <= 'Z') prefix[i] = static_cast<char>(prefix[i] + 32);
  if (!is_of_a_site(authority.host, configuration))
    return Error("purge.prefix", in_quotes(authority.host) + " is a hostname of no site");
  if (end == prefix.size())
    prefix += '/';  // the host is whole: not the beginning of a longer one
  else if (prefix[end] == '?')
    prefix.insert(end, 1, '/');
  return prefix;
}

Result<void> check_tag(const v1::TagPurge& purge, const Configuration& configuration) {
  if (auto known = check_site("purge.tag.site", purge.site(), configuration); !known) return known;
  const auto& tag = purge.tag();
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  if (tag.empty() || tag.size() > kLongestTag || !std::all_of(tag.begin(), tag.end(), visible))
    return Error("purge.tag.tag", "must have 1 to 128 visible characters");
  return {};
}

}  // namespace

Result<v1::Purge> checked_purge(v1::Purge purge, const Configuration& configuration) {
  purge.clear_sequence();
  Result<void> fine;
  switch (purge.target_case()) {
    case v1::Purge::kUrl:
      fine = check_url("purge.url", purge.url());
      break;
    case v1::Purge::kPrefix: {
      auto prefix = checked_prefix(purge.prefix(), configuration);
      if (!prefix) return prefix.error();
      purge.set_prefix(std::move(*prefix));
      break;
    }
    case v1::Purge::kSite:
      fine = check_site("purge.site", purge.site(), configuration);
      break;
    case v1::Purge::kTag:
      fine = check_tag(purge.tag(), configuration);
      break;
    case v1::Purge::kEverything:
      if (!purge.everything()) return Error("purge.everything", "must be true");
      break;
    case v1::Purge::TARGET_NOT_SET:
      return Error("purge", "names neither a url, a prefix, a site, a tag, nor everything");
  }
  if (!fine) return fine.error();
  return purge;
}

}  // namespace meridian::control
