#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/net/address.h"
#include "controller/model/certificate_facts.h"
#include "controller/model/configuration.h"
#include "controller/model/findings.h"

namespace meridian::control {

/// A hostname in a site: `spec.hostnames[position]`.
struct HostnameClaim {
  std::string site;
  int position = 0;
};

/// What checks of one resource must know of all others, gathered once.
struct Overview {
  Overview(const Configuration& configuration, CertificateReader& reader);

  const Configuration& configuration;
  /// Who claims each hostname, in the order of the sites' names.
  std::unordered_map<std::string, std::vector<HostnameClaim>> hostnames;
  /// Of each Certificate, by name.
  std::map<std::string, CertificateFactsPtr> certificates;
  /// Names of certificates by which edges prove themselves to origins.
  std::set<std::string> client_certificates;
};

/// The check of one resource: where findings go, and the questions that many fields share. Every
/// method takes a field path and what stands there, and notes what is wrong.
class Check {
 public:
  Check(const Overview& overview, const v1::Resource& resource, Findings& findings)
      : overview_(overview), resource_(resource), id_(id_of(resource)), findings_(findings) {}

  const Overview& overview() const { return overview_; }
  const v1::Resource& resource() const { return resource_; }

  void wrong(std::string field, std::string reason);
  /// Nothing is wrong so far.
  bool is_clean() const { return clean_; }

  /// `name` is a resource of `kind` that exists. Empty is "is missing".
  void reference(const std::string& field, v1::Kind kind, const std::string& name);
  /// The same for each of a list; none may stand twice.
  template <class Names>
  void references(const std::string& field, v1::Kind kind, const Names& names) {
    for (int i = 0; i < names.size(); ++i) {
      reference(item(field, i), kind, names[i]);
      repeated(field, names, i);
    }
  }

  /// A CIDR prefix of addresses as they come; nothing: it is wrong. Those of IPv4 come as such, so
  /// that one written in IPv6 would never match.
  std::optional<IpPrefix> prefix(const std::string& field, const std::string& text);
  /// The same for each of a list; none may stand twice.
  template <class Texts>
  void prefixes(const std::string& field, const Texts& texts) {
    for (int i = 0; i < texts.size(); ++i) {
      prefix(item(field, i), texts[i]);
      repeated(field, texts, i);
    }
  }

  /// An item equal to an earlier one of its list.
  template <class Texts>
  void repeated(const std::string& field, const Texts& texts, int position) {
    for (int i = 0; i < position; ++i)
      if (texts[i] == texts[position]) {
        wrong(item(field, position), "repeats " + item(field, i));
        return;
      }
  }

  /// Bounds of a duration field; `whole_seconds` for what becomes a TTL on the wire.
  struct DurationBounds {
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
    bool whole_seconds = false;
  };
  /// False: it is wrong, and noted. For fields that are present.
  bool duration(const std::string& field, const google::protobuf::Duration& value,
                const DurationBounds& bounds);
  /// How long something is kept or served in a cache: 0 to a year, in whole seconds. For fields
  /// that are present.
  void freshness(const std::string& field, const google::protobuf::Duration& value);
  /// `value` is from `least` to `most`. For fields that are present.
  void number(const std::string& field, std::uint32_t value, std::uint32_t least,
              std::uint32_t most);
  /// `/admin/*`, compared with paths.
  void path_pattern(const std::string& field, const std::string& text);
  /// "www.shop.example" or "www.shop.example:8080"; addresses too.
  void host_header(const std::string& field, const std::string& text);
  /// Name of a header field that edges add to what they ask origins; none that frames a message,
  /// steers a connection or is the edges' own.
  void added_field(const std::string& field, const std::string& name);
  /// A list of more than `most`.
  void most(const std::string& field, int size, int most);
  /// For fields that are present.
  void port(const std::string& field, std::uint32_t value);

  /// "spec.rules[3]".
  static std::string item(const std::string& field, int position);

 private:
  const Overview& overview_;
  const v1::Resource& resource_;
  ResourceId id_;
  Findings& findings_;
  bool clean_ = true;
};

// One for each kind; each in its file.
void check_location(Check& check, const v1::Location& location);
void check_node(Check& check, const v1::Node& node);
void check_zone(Check& check, const v1::Zone& zone);
/// Of a zone: what is about signing it.
void check_zone_signing(Check& check, const v1::Zone& zone);
void check_site(Check& check, const v1::Site& site);
/// Of a site: its certificates, and those of visitors.
void check_site_tls(Check& check, const v1::Site& site);
/// Of a site: what is about its cache.
void check_cache(Check& check, const v1::CachePolicy& cache);
/// Of a site: what is about its answers, and what origins are told.
void check_delivery(Check& check, const v1::Site& site);
void check_origin_pool(Check& check, const v1::OriginPool& pool);
/// Of a pool: how origins are chosen, tried and spared.
void check_balancing(Check& check, const v1::OriginPool& pool);
void check_steering_policy(Check& check, const v1::SteeringPolicy& policy);
/// Its method, members and what is nested in it.
void check_steering_members(Check& check, const v1::SteeringPolicy& policy);
void check_prefix_map(Check& check, const v1::PrefixMap& map);
void check_rule(Check& check, const v1::Rule& rule);
/// Which requests a rule takes, or an exception of it.
enum class MatchDepth : std::uint8_t { whole, exception };
void check_match(Check& check, const std::string& field, const v1::RuleMatch& match,
                 MatchDepth depth);
void check_rate_limit(Check& check, const std::string& field, const v1::RateLimit& limit);
/// ISO 3166-1 alpha-2.
void check_country(Check& check, const std::string& field, const std::string& code);
void check_certificate(Check& check, const v1::Certificate& certificate);
/// Of a certificate: the proof that it is not revoked.
void check_ocsp_response(Check& check, const v1::Certificate& certificate);
void check_dns_settings(Check& check, const v1::DnsSettings& settings);
void check_site_limits(Check& check, const v1::SiteLimits& limits);
void check_edge_settings(Check& check, const v1::EdgeSettings& settings);
void check_edge_limits(Check& check, const v1::EdgeLimits& limits);
void check_edge_timeouts(Check& check, const v1::EdgeTimeouts& timeouts);
/// Who may have a Zone, who is told of it, and where it comes from.
void check_sharing(Check& check, const v1::Zone& zone);
/// Of a Zone with primaries: nothing is declared that they say.
void check_secondary(Check& check, const v1::Zone& zone);
void check_tsig_key(Check& check, const v1::TsigKey& key);
void check_zone_content(Check& check, const v1::ZoneContent& content);

}  // namespace meridian::control
