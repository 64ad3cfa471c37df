#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "controller/gslbctl/run.h"
#include "controller/model/test_configuration.h"
#include "controller/test_world.h"

namespace meridian::gslbctl {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

inline Outcome run_with(std::vector<std::string> arguments, const std::string& input = "",
                        bool interactive = false) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{.in = in, .out = out, .err = err, .interactive = interactive};
  const Environment nothing = [](const char*) { return std::nullopt; };
  const int code = run(std::move(arguments), terminal, nothing);
  return {code, out.str(), err.str()};
}

/// A controller, and an administrator's gslbctl.
class Operator : public testing::Test {
 protected:
  Outcome gslbctl(std::vector<std::string> arguments, const std::string& input = "",
                  bool interactive = false) const {
    for (const auto& argument :
         {std::string("--controller"), world_.address(), std::string("--identity"),
          (world_.directory() / "admin").string()})
      arguments.push_back(argument);
    return run_with(std::move(arguments), input, interactive);
  }
  Outcome apply(const std::string& yaml) const { return gslbctl({"apply", "-f", "-"}, yaml); }

  /// The names by which the tests below know the fleet: par, nyc; e1, e2, d1, d2; pool, site.
  void declare_shop() const {
    world_.declare_fleet();
    v1::ApplyRequest request;
    *request.add_upserts() = control::certificate_of("shop", "DNS:*.shop.example");
    world_.apply(request);
    const auto applied = apply(R"(
kind: OriginPool
name: shop
spec: {origins: [{host: 10.0.0.1, port: 8080}]}
---
kind: Site
name: www
spec: {hostnames: [www.shop.example], origin_pool: shop, certificate: shop}
)");
    EXPECT_EQ(applied.code, 0) << applied.err;
  }
  std::string revision() const {
    const auto status = gslbctl({"status"}).out;
    const auto at = status.find("revision");
    return status.substr(at, status.find('\n', at) - at);
  }

  control::TestWorld world_;
};

}  // namespace meridian::gslbctl
