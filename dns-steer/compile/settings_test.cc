#include "dns-steer/compile/settings.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

Result<AnswerSettings> compile(const std::string& spec, const std::string& secret) {
  v1::Snapshot snapshot;
  snapshot.set_node("dns-1");
  v1::CookieSecret given;
  given.set_secret(secret);
  given.set_sign_from(1'800'000'000);
  given.SerializeToString(snapshot.add_cookie_secrets());
  v1::Resource resource;
  resource.set_name("default");
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(spec, resource.mutable_dns_settings()));
  return compile_settings(snapshot, {resource});
}

const std::string kSecret = "0123456789abcdef";

TEST(CompileSettings, HasDefaultsForWhatIsAbsent) {
  v1::Snapshot snapshot;
  snapshot.set_node("dns-1");
  const auto none = compile_settings(snapshot, {}).value();
  EXPECT_EQ(none.nsid, "dns-1");
  EXPECT_EQ(none.chaos_id, "");
  EXPECT_EQ(none.udp_octets, 1232);
  EXPECT_EQ(none.amplification, 30u);
  EXPECT_FALSE(none.rate_limits.enabled());
  EXPECT_FALSE(none.cookies) << "without the fleet's secret";
  const auto empty = compile("", kSecret).value();
  EXPECT_TRUE(empty.cookies);
  EXPECT_FALSE(empty.demand_cookies);
  ASSERT_EQ(empty.cookie_masters.size(), 1u);
  EXPECT_EQ(empty.cookie_masters[0].secret[15], 'f');
  EXPECT_EQ(empty.cookie_masters[0].sign_from, 1'800'000'000u);
}

TEST(CompileSettings, TakesWhatTheOperatorSays) {
  const auto settings = compile(
                            "nsid: false chaos: true udp_size: 1400 amplification_limit: 0 "
                            "cookies { required: true } rate_limit { answers_per_second: 200 "
                            "slip: 3 exempt_prefixes: '192.0.2.0/24' } "
                            "explain_prefixes: '198.51.100.0/24'",
                            kSecret)
                            .value();
  EXPECT_EQ(settings.nsid, "");
  EXPECT_EQ(settings.node, "dns-1");
  ASSERT_EQ(settings.explain_prefixes.size(), 1u);
  EXPECT_EQ(settings.explain_prefixes[0].text(), "198.51.100.0/24");
  EXPECT_EQ(settings.chaos_id, "dns-1");
  EXPECT_EQ(settings.chaos_version, "Meridian");
  EXPECT_EQ(settings.udp_octets, 1400);
  EXPECT_EQ(settings.amplification, 0u);
  EXPECT_TRUE(settings.demand_cookies);
  EXPECT_EQ(settings.rate_limits.interval, std::chrono::milliseconds(5));
  EXPECT_EQ(settings.rate_limits.slip, 3u);
  EXPECT_EQ(settings.rate_limits.exempt.at(0).text(), "192.0.2.0/24");
  EXPECT_FALSE(compile("cookies { enabled: false }", kSecret)->cookies);
}

TEST(CompileSettings, RefusesWhatItCannotDo) {
  EXPECT_EQ(compile("", "short").error().text(),
            "cookie secret 1: is damaged: it has not 16 bytes");
  EXPECT_EQ(compile("udp_size: 4096", kSecret).error().text(),
            "DNS settings default: spec.udp_size: is not from 512 to 1452");
  EXPECT_EQ(compile("rate_limit {}", kSecret).error().text(),
            "DNS settings default: spec.rate_limit: answers_per_second: is not from 1 to 1000000");
}

}  // namespace
}  // namespace meridian::dns
