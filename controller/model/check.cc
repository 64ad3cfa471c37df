#include "controller/model/check.h"

#include <charconv>

#include "common/base/nearest.h"
#include "common/config/documents.h"
#include "common/config/duration.h"
#include "common/net/address.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::size_t kMostCandidates = 1000;  // names to compare a dangling one with

google::protobuf::Duration proto(std::chrono::milliseconds duration) {
  google::protobuf::Duration result;
  result.set_seconds(duration.count() / 1000);
  result.set_nanos(static_cast<std::int32_t>(duration.count() % 1000 * 1'000'000));
  return result;
}

bool less(const google::protobuf::Duration& a, const google::protobuf::Duration& b) {
  return a.seconds() != b.seconds() ? a.seconds() < b.seconds() : a.nanos() < b.nanos();
}

/// "; did you mean 'shop'?" from the existing resources of `kind`.
std::string suggestion(const Configuration& configuration, v1::Kind kind, const std::string& name) {
  std::vector<std::string_view> names;
  const auto& all = configuration.resources();
  for (auto it = all.lower_bound({kind, ""}); it != all.end() && it->first.first == kind; ++it) {
    names.emplace_back(it->first.second);
    if (names.size() == kMostCandidates) break;
  }
  if (names.empty()) return "; no " + std::string(config::kind_text(kind)) + " is declared at all";
  return did_you_mean(name, names);
}

}  // namespace

Overview::Overview(const Configuration& all, CertificateReader& reader) : configuration(all) {
  for (const auto& [id, resource] : all.resources()) {
    if (resource.has_site()) {
      const auto& names = resource.site().hostnames();
      for (int i = 0; i < names.size(); ++i) hostnames[names[i]].push_back({id.second, i});
    } else if (resource.has_certificate()) {
      certificates[id.second] = reader.read(resource.certificate());
    } else if (resource.has_origin_pool()) {
      client_certificates.insert(resource.origin_pool().tls().client_certificate());
    }
  }
}

void Check::wrong(std::string field, std::string reason) {
  clean_ = false;
  findings_.add(id_, std::move(field), std::move(reason));
}

void Check::reference(const std::string& field, v1::Kind kind, const std::string& name) {
  const std::string kind_name(config::kind_text(kind));
  if (name.empty()) {
    wrong(field, "is missing: name a " + kind_name);
  } else if (overview_.configuration.find(kind, name) == nullptr) {
    wrong(field, "there is no " + kind_name + " " + in_quotes(name) +
                     suggestion(overview_.configuration, kind, name));
  }
}

std::optional<IpPrefix> Check::prefix(const std::string& field, const std::string& text) {
  const auto prefix = parse_prefix(text);
  if (!prefix)
    wrong(field, prefix.error().what);
  else if (prefix->address.unmapped() != prefix->address)
    wrong(field, in_quotes(text) + " is of IPv4: write it as such");
  else
    return *prefix;
  return std::nullopt;
}

bool Check::duration(const std::string& field, const google::protobuf::Duration& value,
                     const DurationBounds& bounds) {
  const auto least = proto(bounds.least);
  const auto most = proto(bounds.most);
  // The API can send what the YAML reader cannot produce.
  const bool malformed = value.nanos() <= -1'000'000'000 || value.nanos() >= 1'000'000'000 ||
                         (value.seconds() > 0 && value.nanos() < 0) ||
                         (value.seconds() < 0 && value.nanos() > 0);
  if (malformed) {
    wrong(field, "is not a duration: nanos must be below a second and of the sign of seconds");
    return false;
  }
  if (less(value, least) || less(most, value)) {
    wrong(field, config::duration_text(value) + " is not from " + config::duration_text(least) +
                     " to " + config::duration_text(most));
    return false;
  }
  if (bounds.whole_seconds && value.nanos() != 0) {
    wrong(field, config::duration_text(value) + " is not a whole number of seconds");
    return false;
  }
  return true;
}

void Check::freshness(const std::string& field, const google::protobuf::Duration& value) {
  duration(field, value,
           {.least = {}, .most = std::chrono::hours(24 * 365), .whole_seconds = true});
}

void Check::number(const std::string& field, std::uint32_t value, std::uint32_t least,
                   std::uint32_t most) {
  if (value < least || value > most)
    wrong(field, std::to_string(value) + " is not from " + std::to_string(least) + " to " +
                     std::to_string(most));
}

void Check::path_pattern(const std::string& field, const std::string& text) {
  if (!text.starts_with('/') && !text.starts_with('*'))
    wrong(field, in_quotes(text) + " does not begin with '/' or '*'");
  else if (text.find('?') != std::string::npos)
    wrong(field, in_quotes(text) + ": only the path is compared, never the query");
}

void Check::host_header(const std::string& field, const std::string& text) {
  if (parse_address(text) || parse_endpoint(text)) return;
  const auto colon = text.find(':');
  if (const auto problem = hostname_problem(text.substr(0, colon), Wildcard::refused))
    return wrong(field, *problem);
  if (colon == std::string::npos) return;
  std::uint32_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || after != end || port < 1 || port > 65535)
    wrong(field, in_quotes(text) + " does not end in a port from 1 to 65535");
}

void Check::added_field(const std::string& field, const std::string& name) {
  if (!is_token(name) || name.size() > kMostFieldName)
    wrong(field, in_quotes(name) + " is not a header field name");
  else if (is_of_connection(name) || same_name(name, "host"))
    wrong(field, in_quotes(name) + " belongs to the connection; choose another");
  else if (is_told_by_edges(name))
    wrong(field, in_quotes(name) + " is set by edges themselves; choose another");
}

void Check::most(const std::string& field, int size, int most) {
  if (size > most) wrong(field, "has more than " + std::to_string(most) + " entries");
}

void Check::port(const std::string& field, std::uint32_t value) {
  if (value < 1 || value > 65535)
    wrong(field, in_quotes(std::to_string(value)) + " is not a port: 1 to 65535");
}

std::string Check::item(const std::string& field, int position) {
  return field + "[" + std::to_string(position) + "]";
}

}  // namespace meridian::control
