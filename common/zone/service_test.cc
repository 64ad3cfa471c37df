#include "common/zone/service.h"

#include <gtest/gtest.h>

#include "common/zone/records.h"

namespace meridian::zone {
namespace {

/// What is wrong with an HTTPS record as an operator writes it; "right" if nothing is.
std::string problem(const std::string& data) {
  v1::RecordSet set;
  set.set_name("www");
  set.set_type("HTTPS");
  set.add_data(data);
  const auto records = parse_record_set(set, parse_name("shop.example").value(), 300);
  if (records) return "right";
  const auto& what = records.error().what;
  const auto begin = what.find("HTTPS: ");
  return begin == std::string::npos ? what : what.substr(begin + 7, what.find(';') - begin - 7);
}

std::string wire(const std::string& data) {
  v1::RecordSet set;
  set.set_name("www");
  set.set_type("SVCB");
  set.add_data(data);
  return parse_record_set(set, parse_name("shop.example").value(), 300)->at(0).rdata;
}

TEST(Service, TakesWhatRfc9460Shows) {
  for (const auto* data : {
           "0 foo.example.com.",
           "1 .",
           "16 foo.example.com. port=53",
           "1 foo.example.com. key667=hello",
           "1 foo.example.com. key667=\"hello\\210qoo\"",
           "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
           "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
           "1 . alpn=h2 no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2",
       })
    EXPECT_EQ(problem(data), "right") << data;
}

TEST(Service, SortsParametersByTheirKeys) {
  EXPECT_EQ(wire("1 . port=8443 alpn=h2"), std::string("\0\1\0\0\1\0\3\2h2\0\3\0\2\x20\xfb", 16));
}

TEST(Service, SaysWhatIsWrong) {
  const auto raw = [](const std::string& hex) {
    return problem("\\# " + std::to_string(hex.size() / 2) + " " + hex);
  };
  EXPECT_EQ(raw("0001"), "it has no target name");
  EXPECT_EQ(raw("000100000100"), "its parameters end too early");
  EXPECT_EQ(raw("0001000003000220fb00010003026832"),
            "its parameters are not in the order of their keys, each once");
  EXPECT_EQ(raw("00010000010000"), "the value of key1 is malformed");
  EXPECT_EQ(raw("000100000100020268"), "the value of key1 is malformed");
  EXPECT_EQ(raw("000100000200"
                "00"),
            "`no-default-alpn` needs `alpn`");
  EXPECT_EQ(raw("0001000003000120"), "the value of key3 is malformed");

  EXPECT_EQ(raw("00010000040003c00002"), "the value of key4 is malformed");
  EXPECT_EQ(raw("0001000000000200030003000220fb"), "right");
  EXPECT_EQ(raw("000100000000020004"
                "0003000220fb"),
            "`mandatory` must name parameters of this record, each once, not itself");
}

}  // namespace
}  // namespace meridian::zone
