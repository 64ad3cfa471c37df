#include "controller/model/purge_target.h"

#include <algorithm>

#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::size_t kLongestUrl = 8'192;
constexpr std::size_t kLongestTag = 128;

/// Where the host of `url` begins; 0: it is no http(s) URL.
std::size_t host_begin(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) return scheme.size();
  return 0;
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
  const auto begin = host_begin(prefix);
  if (begin == 0) return Error("purge.prefix", "must begin with https:// or http://");
  if (prefix.size() > kLongestUrl) return Error("purge.prefix", "is too long");
  if (has_blank(prefix) || prefix.find('#') != std::string::npos)
    return Error("purge.prefix", "has a blank, a control character or a fragment in it");
  const auto end = std::min(prefix.find_first_of("/?", begin), prefix.size());
  for (auto i = begin; i < end; ++i)
    if (prefix[i] >= 'A' && prefix[i] <= 'Z') prefix[i] = static_cast<char>(prefix[i] + 32);
  const auto authority = std::string_view(prefix).substr(begin, end - begin);
  const auto host = authority.substr(0, authority.rfind(':'));
  if (!is_of_a_site(host, configuration))
    return Error("purge.prefix", in_quotes(host) + " is a hostname of no site");
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
      if (host_begin(purge.url()) == 0)
        return Error("purge.url", "must begin with https:// or http://");
      if (purge.url().size() > kLongestUrl) return Error("purge.url", "is too long");
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
