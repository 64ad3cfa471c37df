#include "controller/transfer/notify.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace meridian::control {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;

Configuration configuration() {
  Configuration made;
  for (const auto* text :
       {R"(name: "shop.test" zone { primaries { address: "192.0.2.1" key: "k" } })",
        R"(name: "own.test" zone { nameservers: "ns1" })",
        R"(name: "k" tsig_key { secret: "AAECAwQFBgcICQoLDA0ODw==" })"}) {
    v1::Resource resource;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &resource));
    made.upsert(std::move(resource));
  }
  return made;
}

std::vector<std::uint8_t> notify(const std::string& zone, std::uint8_t opcode = 4) {
  std::vector<std::uint8_t> message{
      1, 2, static_cast<std::uint8_t>(opcode << 3 | 4), 0, 0, 1, 0, 0, 0, 0, 0, 0};
  const auto name = zone::parse_name(zone).value();
  message.insert(message.end(), name.begin(), name.end());
  message.insert(message.end(), {0, 6, 0, 1});
  return message;
}

/// "RCODE, zone".
std::string heard(const std::vector<std::uint8_t>& message, const std::string& from) {
  const auto answer = take_notify(configuration(), message, parse_address(from).value(), kNow);
  if (answer.message.empty()) return "nothing";
  return std::to_string(answer.message[3] & 15) + ", " + answer.zone;
}

TEST(Notify, IsHeardFromPrimariesOnly) {
  EXPECT_EQ(heard(notify("shop.test"), "192.0.2.1"), "0, shop.test");
  EXPECT_EQ(heard(notify("SHOP.test"), "192.0.2.1"), "0, shop.test");
  EXPECT_EQ(heard(notify("shop.test"), "192.0.2.2"), "5, ");
  EXPECT_EQ(heard(notify("own.test"), "192.0.2.1"), "9, ");
  EXPECT_EQ(heard(notify("shop.test", 0), "192.0.2.1"), "4, ");
}

TEST(Notify, IsHeardFromWhoHoldsTheKey) {
  v1::TsigKey declared;
  declared.set_secret("AAECAwQFBgcICQoLDA0ODw==");
  auto key = tsig::parse_key("k", declared).value();
  const auto signed_by = [&] {
    auto message = notify("shop.test");
    const auto size = message.size();
    message.resize(size + 500);
    const tsig::Mac none;
    tsig::Mac mac;
    message.resize(tsig::sign(key, message, size, {.before = none, .now = kNow}, mac));
    return message;
  };
  EXPECT_EQ(heard(signed_by(), "192.0.2.99"), "0, shop.test");
  key.secret[0] = 'x';
  EXPECT_EQ(heard(signed_by(), "192.0.2.1"), "9, ");
}

TEST(Notify, SurvivesDamage) {
  const auto whole = notify("shop.test");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(),
                                        whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(heard(cut, "192.0.2.1"), size < 12 ? "nothing" : "1, ");
  }
}

}  // namespace
}  // namespace meridian::control
