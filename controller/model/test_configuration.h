#pragma once

#include <string>
#include <utility>

#include <google/protobuf/text_format.h>

#include "controller/model/configuration.h"
#include "controller/model/test_certificate.h"

namespace meridian::control {

/// A resource from protobuf's text form: `name: "par" location { latitude: 48.9 ... }`.
inline v1::Resource resource_of(const std::string& text) {
  v1::Resource resource;
  if (!google::protobuf::TextFormat::ParseFromString(text, &resource)) std::abort();
  return resource;
}

inline v1::Resource certificate_of(const std::string& name, const std::string& names) {
  v1::Resource resource;
  resource.set_name(name);
  *resource.mutable_certificate() = test_certificate(names);
  return resource;
}

/// A small fleet in which nothing is wrong: one of each kind, and an edge elsewhere.
inline Configuration good_configuration() {
  static const v1::Resource certificate =
      certificate_of("shop", "DNS:shop.example,DNS:*.shop.example");
  Configuration configuration;
  configuration.upsert(certificate);
  for (const auto* text : {
           R"(name: "par" location { latitude: 48.86 longitude: 2.35 })",
           R"(name: "sin" location { latitude: 1.35 longitude: 103.82 })",
           R"(name: "edge-par" node {
                role: ROLE_EDGE location: "par" addresses: "192.0.2.1" https_port: 8443 })",
           R"(name: "edge-sin" node {
                role: ROLE_EDGE location: "sin" addresses: "192.0.2.2" })",
           R"(name: "dns-par" node { role: ROLE_DNS location: "par" addresses: "192.0.2.53" })",
           R"(name: "shop.example" zone {
                nameservers: "ns1" nameservers: "ns.other.example."
                contact: "hostmaster@shop.example"
                default_ttl { seconds: 600 }
                records { name: "ns1" type: "A" data: "192.0.2.53" }
                records { name: "@" type: "MX" data: "10 mail" data: "20 mail.other.example." }
                records { name: "mail" type: "A" ttl { seconds: 60 } data: "192.0.2.25" }
                records { name: "blog" type: "CNAME" data: "blogs.other.example." } })",
           R"(name: "www" site {
                hostnames: "www.shop.example" hostnames: "shop.example"
                origin_pool: "shop" certificate: "shop" steering_policy: "near"
                locations: "par" rules: "no-admin" cache { default_ttl { seconds: 60 } } })",
           R"(name: "shop" origin_pool {
                origins { host: "10.0.0.1" port: 8080 } origins { host: "origin.shop.example" }
                probe { path: "/health" interval { seconds: 5 } }
                connect_timeout { seconds: 1 } })",
           R"(name: "near" steering_policy {
                ttl { seconds: 20 } answers: 2 panic_below: 0.5
                overrides { client_prefixes: "203.0.113.0/24" countries: "FR"
                            locations: "par" } })",
           R"(name: "no-admin" rule {
                match { paths: "/admin/*" client_prefixes: "0.0.0.0/0" }
                deny { status: 404 } })",
       })
    configuration.upsert(resource_of(text));
  return configuration;
}

}  // namespace meridian::control
