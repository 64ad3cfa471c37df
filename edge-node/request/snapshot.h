#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "common/base/id.h"
#include "common/snapshot/slot.h"
#include "edge-node/cache/purge.h"
#include "edge-node/net/visitor_tls.h"
#include "edge-node/origin/origin_pool.h"
#include "edge-node/policy/settings.h"
#include "edge-node/protect/limits.h"
#include "edge-node/protect/load.h"
#include "edge-node/protect/site_limits.h"
#include "edge-node/request/delivery.h"
#include "edge-node/request/own_fields.h"
#include "edge-node/request/site_meter.h"
#include "edge-node/rules/rule.h"

namespace meridian::edge {

/// How visitors of a site prove who they are, and what the origin is told of it.
struct ClientCertificatePolicy {
  bool required = true;
  bool forward = true;                     // in Client-Cert (RFC 9440)
  std::string subject_header;              // empty: none
  std::string fingerprint_header;          // empty: none
  std::vector<std::string> authorities{};  // SHA-256 of who may sign theirs, hexadecimal
};

/// Which requests of a site the access log has.
struct LogChoice {
  bool enabled = true;
  double sample = 1;  // the share that is written; what is answered 500 and above always is
};

/// What all sites of an edge tell of their requests.
struct Telling {
  bool trace_context = false;  // W3C: continued, and logged
  std::string debug_token;     // empty: nobody is told how an answer came about
  std::optional<std::chrono::milliseconds> drain_time{};
};

/// A Site resource and all that it names, in the form that requests read.
struct Site {
  std::string name;
  TlsContext tls;  // shared by sites that visitors of one session may ask for
  std::optional<ClientCertificatePolicy> client_certificate;
  std::shared_ptr<const OriginPool> pool;
  std::vector<std::string> sticky_cookies;  // of `pool`, and of those that rules choose
  CachePolicy cache;
  Delivery delivery;
  SiteLimits limits;
  std::uint64_t purge_name = 0;  // purge_site_hash()
  std::vector<RulePtr> rules;
  bool rules_need_place = false;  // where a client is decides
  bool rewrite_locations = true;
  LogChoice log;
  std::shared_ptr<SiteMeter> meter;  // never null in a snapshot that is served
  bool is_shielded_here = false;     // edges elsewhere fetch through this one
  OwnFields own_fields;              // of requests
};

/// TLS with all visitors.
struct VisitorTls {
  bool allows_tls12 = true;
  bool tickets = true;
  std::shared_ptr<const TicketSecrets> ticket_secrets;
  const Site* default_site = nullptr;  // for who names no server, or nobody's
};

/// Everything that an edge serves at one revision. Immutable.
struct Snapshot {
  Revision revision;
  Load capacity;                   // of this node; 0: no bound
  std::uint16_t https_port = 443;  // where visitors reach this node
  std::vector<std::unique_ptr<const Site>> sites;
  std::vector<std::shared_ptr<const OriginPool>> pools;
  /// Looks up views of names without making strings of them.
  struct HashOfName {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  using SitesByName =
      boost::unordered_flat_map<std::string, const Site*, HashOfName, std::equal_to<>>;
  VisitorTls tls;
  std::shared_ptr<const VisitorLimits> limits = std::make_shared<const VisitorLimits>();
  Telling telling;
  SitesByName exact;     // "www.shop.example"
  SitesByName wildcard;  // "shop.example" of "*.shop.example"

  /// Whose the host is: exactly, or by the longest wildcard above it. Null: nobody's. `host` is
  /// in lower case.
  const Site* find_site(std::string_view host) const;
  /// With whose certificate sessions for a server name are made.
  const Site* find_session_site(std::string_view server_name) const;
};

using EdgeSlot = SnapshotSlot<Snapshot>;

}  // namespace meridian::edge
