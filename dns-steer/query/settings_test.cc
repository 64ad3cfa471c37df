#include "dns-steer/query/settings.h"

#include <gtest/gtest.h>

#include "dns-steer/query/edns.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

const std::string kClientCookie = "\x01\x02\x03\x04\x05\x06\x07\x08";
const Now kNow{Instant{std::chrono::hours(1)}, kTestTime};

std::string from_hex(const std::string& hex) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    octets += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return octets;
}

Packet with_cookie(const std::string& cookie, const std::string& name = "mail.shop.test") {
  return packet({.name = name, .edns = true, .options = edns_option(option::kCookie, cookie)});
}

/// The same without its question (RFC 7873 section 5.4).
Packet without_question(Packet query) {
  query[5] = 0;
  std::size_t end = 12;
  while (query[end] != 0) end += query[end] + std::size_t{1};
  query.erase(query.begin() + 12, query.begin() + static_cast<std::ptrdiff_t>(end) + 5);
  return query;
}

const std::string kMail = "NOERROR aa\nanswer mail.shop.test. 300 IN A 192.0.2.25";

TEST(Nsid, IsToldToWhoAsks) {
  AnswerSettings settings;
  settings.nsid = "dns-1";
  const auto serving = serving_with(settings);
  const auto asks = [](const std::string& data) {
    return packet({.name = "mail.shop.test", .edns = true, .options = edns_option(3, data)});
  };
  EXPECT_EQ(option_of(ask(*serving, asks("")), 3), "646e732d31");
  EXPECT_EQ(option_of(ask(*serving, asks("payload")), 3), "646e732d31");
  EXPECT_EQ(option_of(ask(*serving, packet({.name = "mail.shop.test", .edns = true})), 3), "none");
  EXPECT_EQ(option_of(ask(*serving_with({}), asks("")), 3), "none");
}

TEST(Chaos, TellsWhoWeAreIfTheOperatorWants) {
  AnswerSettings settings;
  settings.chaos_id = "dns-1";
  settings.chaos_version = "Meridian";
  const auto serving = serving_with(settings);
  const auto reply = [&](const std::string& name, std::uint16_t type = 16) {
    return describe(ask(*serving, packet({.name = name, .type = type, .qclass = 3})));
  };
  EXPECT_EQ(reply("id.server"), "NOERROR aa\nanswer id.server. 0 CH TXT \"dns-1\"");
  EXPECT_EQ(reply("Hostname.BIND"), "NOERROR aa\nanswer Hostname.BIND. 0 CH TXT \"dns-1\"");
  EXPECT_EQ(reply("version.bind"), "NOERROR aa\nanswer version.bind. 0 CH TXT \"Meridian\"");
  EXPECT_EQ(reply("version.server"), "NOERROR aa\nanswer version.server. 0 CH TXT \"Meridian\"");
  EXPECT_EQ(reply("version.bind", 1), "REFUSED");
  EXPECT_EQ(reply("authors.bind"), "REFUSED");
  EXPECT_EQ(reply("mail.shop.test"), "REFUSED");
  const auto silent = serving_with({});
  EXPECT_EQ(describe(ask(*silent, packet({.name = "id.server", .type = 16, .qclass = 3}))),
            "REFUSED");
}

TEST(UdpSize, IsTheOperatorsOrTheClientsWhicheverIsLess) {
  AnswerSettings settings;
  settings.udp_octets = 1400;
  const auto serving = serving_with(settings);
  const auto reply = ask(*serving, packet({.name = "mail.shop.test", .edns = true}));
  EXPECT_EQ(reply[reply.size() - 8] << 8 | reply[reply.size() - 7], 1400);
}

TEST(Amplification, IsBoundedForWhoShowsNoCookie) {
  AnswerSettings settings;
  settings.amplification = 2;
  const auto serving = serving_with(settings);
  WorkerState state(1);
  const auto mx = [](const std::string& cookie) {
    return packet({.name = "shop.test",
                   .type = 15,
                   .edns = true,
                   .options = cookie.empty() ? "" : edns_option(option::kCookie, cookie)});
  };
  const auto cut = ask(*serving, mx(""));
  EXPECT_LE(cut.size(), mx("").size() * 2);
  EXPECT_EQ(describe(cut), "NOERROR aa tc");
  EXPECT_NE(describe(ask(*serving, mx(""), Transport::tcp)), "NOERROR aa tc");
  const auto cookie = from_hex(option_of(ask(*serving, state, kNow, mx(kClientCookie)), 10));
  settings.amplification = 1;
  EXPECT_EQ(describe(ask(*serving_with(settings), mx(kClientCookie))), "NOERROR aa tc");
  EXPECT_NE(describe(ask(*serving_with(settings), mx(cookie))), "NOERROR aa tc");
}

TEST(Cookies, AreGivenAndRecognised) {
  const auto serving = serving_with({});
  const auto first = ask(*serving, with_cookie(kClientCookie));
  EXPECT_EQ(describe(first), kMail);
  const auto cookie = option_of(first, 10);
  EXPECT_EQ(cookie.substr(0, 32), "0102030405060708010000006b49d200");
  EXPECT_EQ(option_of(ask(*serving, with_cookie(from_hex(cookie))), 10), cookie);
}

TEST(Cookies, OfAWrongSizeAreMalformed) {
  const auto serving = serving_with({});
  for (const std::size_t size : {0, 1, 7, 9, 15, 41})
    EXPECT_EQ(describe(ask(*serving, with_cookie(std::string(size, 'x')))), "FORMERR") << size;
  for (const std::size_t size : {8, 16, 24, 40})
    EXPECT_EQ(describe(ask(*serving, with_cookie(std::string(size, 'x')))), kMail) << size;
}

TEST(Cookies, TheFirstOfSeveralCounts) {
  const auto serving = serving_with({});
  const auto two = edns_option(10, kClientCookie) + edns_option(10, "abcdefgh");
  const auto reply =
      ask(*serving, packet({.name = "mail.shop.test", .edns = true, .options = two}));
  EXPECT_EQ(option_of(reply, 10).substr(0, 16), "0102030405060708");
}

TEST(Cookies, CanBeAskedForAlone) {
  const auto serving = serving_with({});
  const auto reply = ask(*serving, without_question(with_cookie(kClientCookie)));
  EXPECT_EQ(describe(reply), "NOERROR");
  const auto cookie = from_hex(option_of(reply, 10));
  EXPECT_EQ(cookie.size(), kFullCookieOctets);
  EXPECT_EQ(describe(ask(*serving, without_question(with_cookie(cookie)))), "NOERROR");
  EXPECT_EQ(describe(ask(*serving, without_question(with_cookie(std::string(24, 'x'))))),
            "BADCOOKIE");
  EXPECT_EQ(describe(ask(*serving, without_question(packet({.name = "a.test", .edns = true})))),
            "FORMERR");
  AnswerSettings off;
  off.cookies = false;
  EXPECT_EQ(describe(ask(*serving_with(off), without_question(with_cookie(kClientCookie)))),
            "FORMERR");
}

TEST(Cookies, CanBeDemanded) {
  AnswerSettings settings;
  settings.demand_cookies = true;
  const auto serving = serving_with(settings);
  const auto plain = packet({.name = "mail.shop.test", .edns = true});
  EXPECT_EQ(describe(ask(*serving, plain)), "NOERROR tc");
  EXPECT_EQ(describe(ask(*serving, plain, Transport::tcp)), kMail);
  const auto refused = ask(*serving, with_cookie(kClientCookie));
  EXPECT_EQ(describe(refused), "BADCOOKIE");
  EXPECT_EQ(describe(ask(*serving, with_cookie(from_hex(option_of(refused, 10))))), kMail);
  EXPECT_EQ(describe(ask(*serving, with_cookie(std::string(24, 'x')))), "BADCOOKIE");
}

TEST(Cookies, CanBeSwitchedOff) {
  AnswerSettings settings;
  settings.cookies = false;
  const auto reply = ask(*serving_with(settings), with_cookie(kClientCookie));
  EXPECT_EQ(describe(reply), kMail);
  EXPECT_EQ(option_of(reply, 10), "none");
}

TEST(RateLimits, SparesTcpAndWhoShowsACookie) {
  AnswerSettings settings;
  settings.rate_limits.interval = std::chrono::milliseconds(100);
  const auto serving = serving_with(settings);
  WorkerState state(1);
  const auto reply = [&](const Packet& query, Transport transport = Transport::udp) {
    return describe(ask(*serving, state, kNow, query, transport));
  };
  const auto plain = packet({.name = "mail.shop.test"});
  const auto given = option_of(ask(*serving, state, kNow, with_cookie(kClientCookie)), 10);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(reply(plain), kMail);
  EXPECT_EQ(reply(plain), "nothing");
  EXPECT_EQ(reply(plain), "NOERROR aa tc");
  EXPECT_EQ(reply(plain, Transport::tcp), kMail);
  EXPECT_EQ(reply(with_cookie(from_hex(given))), kMail);
  EXPECT_EQ(reply(packet({.name = "nope.shop.test"})).substr(0, 8), "NXDOMAIN");
}

TEST(ExtendedErrors, SayWhyAQueryIsRefused) {
  const auto serving = serving_with({});
  const auto error_of = [&](Question question) {
    question.edns = true;
    return option_of(ask(*serving, packet(question)), 15);
  };
  EXPECT_EQ(error_of({.name = "other.test"}), "0014");
  EXPECT_EQ(error_of({.name = "shop.test", .type = 252}), "0012");
  EXPECT_EQ(error_of({.name = "shop.test", .type = 253}), "0015");
  EXPECT_EQ(error_of({.name = "shop.test", .flags = 5 << 11}), "0015");
  EXPECT_EQ(error_of({.name = "shop.test", .qclass = 4}), "0014");
  EXPECT_EQ(error_of({.name = "version.bind", .type = 16, .qclass = 3}), "0012");
  EXPECT_EQ(error_of({.name = "nope.shop.test"}), "none");
}

}  // namespace
}  // namespace meridian::dns
