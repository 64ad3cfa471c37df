#include "controller/gslbctl/certificate_view.h"

#include <gtest/gtest.h>

#include "controller/model/test_certificate.h"

namespace meridian::gslbctl {
namespace {

using namespace std::chrono_literals;
using control::test_certificate;

constexpr long kDay = 24 * 3600;

v1::Resource certificate(const std::string& name, long begins, long ends) {
  static const auto key = tls::make_key();
  v1::Resource resource;
  resource.set_name(name);
  *resource.mutable_certificate() =
      test_certificate("DNS:" + name, key, {.begins = begins, .ends = ends});
  return resource;
}

/// Without the dates, which change.
std::string told(const std::vector<v1::Resource>& certificates) {
  auto text = expiry_text(certificates, WallClock::now(), false);
  for (auto at = text.find("20"); at != std::string::npos; at = text.find("20", at + 1))
    text.replace(at, std::string("2026-11-23 20:11:33Z").size(), "DATE");
  return text;
}

TEST(CertificateView, SaysWhatIsNotValid) {
  const auto made = WallClock::from_time_t(WallClock::to_time_t(WallClock::now()));
  const auto valid = certificate("a.example", 0, 30 * kDay).certificate();
  EXPECT_EQ(not_valid(valid, made + 20 * 24h), "") << "it expires soon, but is valid";
  EXPECT_TRUE(not_valid(valid, made + 31 * 24h).starts_with("expired on 20"));
  EXPECT_TRUE(not_valid(valid, made - 24h).starts_with("is not valid before 20"));
  EXPECT_EQ(not_valid({}, made), "");
}

TEST(CertificateView, ListsWhatSomebodyMustReplaceSoonestFirst) {
  EXPECT_EQ(told({certificate("fine.example", 0, 15 * kDay)}), "");
  EXPECT_EQ(told({}), "");
  EXPECT_EQ("\n" + told({certificate("fine.example", 0, 15 * kDay),
                         certificate("soon.example", 0, 13 * kDay),
                         certificate("early.example", 2 * kDay, 90 * kDay),
                         certificate("sooner.example", 0, 3600),
                         certificate("old.example", -20 * kDay, -kDay)}),
            R"(
CERTIFICATE     VALIDITY
old.example     expired on DATE
sooner.example  expires on DATE
early.example   is not valid before DATE
soon.example    expires on DATE
)");
}

TEST(CertificateView, CountsWhatItDoesNotShow) {
  std::vector<v1::Resource> many;
  for (int i = 0; i < 13; ++i) many.push_back(certificate("c" + std::to_string(i), 0, 3600 + i));
  const auto text = told(many);
  EXPECT_TRUE(text.ends_with("\nc9           expires on DATE\nand 3 more\n")) << text;
}

}  // namespace
}  // namespace meridian::gslbctl
