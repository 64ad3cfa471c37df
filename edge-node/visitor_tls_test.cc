// TLS with visitors, through sockets.
#include <fstream>
#include <functional>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/base64.h"
#include "common/base/hash.h"
#include "common/tls/certificate.h"
#include "edge-node/net/transport_bio.h"
#include "edge-node/testing/http2_client.h"
#include "edge-node/testing/issuer.h"
#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::Client;
using testing::make_test_certificate;
using testing::reply;
using testing::TestKey;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

Origin::Reply say(std::string bytes) {
  return {.bytes = std::move(bytes), .gated = false, .after_gate = {}, .close = false};
}

/// What a visitor with settings of its own sees.
struct Seen {
  bool connected = false;
  bool resumed = false;
  std::string version;
  int key_kind = 0;    // of the certificate that it was shown
  std::string staple;  // DER
  std::string answer;  // to its request, if it has sent one
};
struct Visitor {
  std::string server_name = kHost;
  std::function<void(SSL_CTX*)> change = [](SSL_CTX*) {};
  std::function<void(SSL*)> begin = [](SSL*) {};
  std::string request{};
  /// After the handshake, before `request`.
  std::function<void(SSL*)> greet = [](SSL*) {};
  std::function<void(SSL*)> finish = [](SSL*) {};
};

Seen visit(const World& world, const Visitor& visitor) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(world.https_port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  visitor.change(context);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (!visitor.server_name.empty()) SSL_set_tlsext_host_name(ssl, visitor.server_name.c_str());
  visitor.begin(ssl);
  Seen seen;
  seen.connected = SSL_connect(ssl) == 1;
  seen.resumed = SSL_session_reused(ssl) == 1;
  if (seen.connected) {
    seen.version = SSL_get_version(ssl);
    seen.key_kind = EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(ssl)));
    const unsigned char* staple = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &staple);
    if (size > 0) seen.staple.assign(reinterpret_cast<const char*>(staple), size);
    visitor.greet(ssl);
    SSL_write(ssl, visitor.request.data(), static_cast<int>(visitor.request.size()));
    char buffer[8192];
    const int read = visitor.request.empty() ? 0 : SSL_read(ssl, buffer, sizeof buffer);
    if (read > 0) seen.answer.assign(buffer, static_cast<std::size_t>(read));
    visitor.finish(ssl);
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  ::close(fd);
  return seen;
}

std::string get(const std::string& host, const std::string& fields = "") {
  return "GET / HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "Connection: close\r\n\r\n";
}

v1::CookieSecret secret(const std::string& text) {
  v1::CookieSecret made;
  made.set_secret(text);
  return made;
}

class VisitorTls : public ::testing::Test {
 protected:
  VisitorTls()
      : origin([this](const Origin::Request& request) {
          const std::lock_guard lock(mutex_);
          asked_ = request.head.fields;
          if (request.head.target == "/stored")
            return say(reply(200, "Cache-Control: max-age=60\r\n", "x"));
          if (request.head.target == "/varies")
            return say(reply(200, "Cache-Control: max-age=60\r\nVary: X-Client-Fingerprint\r\n",
                             asked_.combined("x-client-fingerprint")));
          return say(reply(200, "Cache-Control: no-store\r\n", "x"));
        }),
        world({&origin}) {}
  http::Fields asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  void add_certificate(const std::string& name, const testing::TestCertificate& made) {
    v1::Certificate certificate;
    certificate.set_chain_pem(made.chain_pem);
    certificate.set_private_key_pem(made.key_pem);
    world.certificates.emplace_back(name, certificate);
  }

 private:
  std::mutex mutex_;
  http::Fields asked_;

 public:
  Origin origin;
  World world;
};

TEST_F(VisitorTls, SessionsAreResumedAtAnotherEdgeOfTheFleet) {
  World other({&origin});
  World stranger({&origin});
  world.edge_secrets = other.edge_secrets = {secret("0123456789abcdef")};
  stranger.edge_secrets = {secret("fedcba9876543210")};
  for (auto* one : {&world, &other, &stranger}) ASSERT_TRUE(one->apply());
  const auto first = world.visit();
  EXPECT_EQ(first->get(kHost, "/").status, 200);
  Client again(other.https_port(), kHost, first.get());
  EXPECT_TRUE(again.resumed());
  EXPECT_EQ(again.get(kHost, "/").status, 200);
  EXPECT_FALSE(Client(stranger.https_port(), kHost, first.get()).resumed());
}

TEST_F(VisitorTls, EachVisitorGetsACertificateThatItCanUse) {
  add_certificate("rsa", make_test_certificate({kHost, "static.shop.example"}, TestKey::rsa));
  world.site.clear_certificate();
  world.site.add_certificates("certificate");
  world.site.add_certificates("rsa");
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visit(world, {}).key_kind, EVP_PKEY_EC);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto old = visit(world, {.change = [version](SSL_CTX* context) {
                             SSL_CTX_set_max_proto_version(context, version);
                             SSL_CTX_set1_sigalgs_list(context, "rsa_pss_rsae_sha256");
                           }});
    EXPECT_TRUE(old.connected);
    EXPECT_EQ(old.key_kind, EVP_PKEY_RSA);
  }
}

/// Connections whose records the kernel has sealed, since it runs; none where it cannot.
std::uint64_t sealed_by_kernel() {
  std::ifstream statistics("/proc/net/tls_stat");
  std::string name;
  std::uint64_t value = 0;
  while (statistics >> name >> value) {
    if (name == "TlsTxSw") return value;
  }
  return 0;
}

TEST_F(VisitorTls, RecordsAreSealedByTheKernelWhereItCan) {
  ASSERT_TRUE(world.apply());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto before = sealed_by_kernel();
    const auto seen = visit(
        world,
        {.change = [version](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); },
         .request = get(kHost)});
    EXPECT_EQ(seen.answer.substr(0, 12), "HTTP/1.1 200");
    EXPECT_EQ(sealed_by_kernel() > before, kernel_seals_tls());
  }
}

/// Bytes of which none is where another one could be.
std::string pattern(std::size_t size) {
  std::string bytes;
  for (std::uint32_t i = 0; bytes.size() < size; ++i)
    bytes += std::to_string(i * 2'654'435'761u) + ",";
  return bytes;
}

TEST(SlowVisitors, GetWhatWasWrittenWhenTheSocketWasFull) {
  constexpr std::size_t kBytes = std::size_t{12} << 20;
  const std::string body = pattern(kBytes);
  Origin origin([&](const Origin::Request&) {
    return say(reply(200, "Cache-Control: max-age=60\r\n", body));
  });
  World world({&origin});
  const auto visitor = world.visit();
  ASSERT_EQ(visitor->get(kHost, "/a").body.size(), body.size());
  const std::string ask = "GET /a HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n\r\n";
  visitor->send(ask + ask + ask);  // before anything is read
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(visitor->read_response().body == body);
  testing::Http2Client client(world.https_port(), kHost);
  // Windows beyond what a socket holds: SETTINGS_INITIAL_WINDOW_SIZE, and that of the connection.
  client.send(
      testing::frame(testing::kSettings, 0, 0, std::string("\0\x04", 2) + testing::u32(64 << 20)) +
      testing::frame(testing::kWindowUpdate, 0, 0, testing::u32(256 << 20)));
  client.ask(1, kHost, "/a");
  client.ask(3, kHost, "/a");
  // Meanwhile its socket fills: it reads when others have been answered.
  for (int i = 0; i < 150; ++i) (void)world.metric("meridian_edge_open_connections");
  EXPECT_TRUE(client.read_answer(1).body == body);
  EXPECT_TRUE(client.read_answer(3).body == body);
}

TEST_F(VisitorTls, AVisitorMayChangeTheKeysThatTheKernelDoesNotHave) {
  ASSERT_TRUE(world.apply());
  const auto seen = visit(world, {.request = get(kHost), .greet = [](SSL* ssl) {
                                    EXPECT_EQ(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
                                    EXPECT_EQ(SSL_do_handshake(ssl), 1);
                                  }});
  EXPECT_EQ(seen.answer.substr(0, 12), kernel_seals_tls() ? "" : "HTTP/1.1 200");
}

TEST_F(VisitorTls, WhoNamesNoSiteIsRefused) {
  EXPECT_FALSE(visit(world, {.server_name = "other.example"}).connected);
  EXPECT_FALSE(visit(world, {.server_name = ""}).connected);
}

TEST_F(VisitorTls, WhoNamesNoSiteGetsTheDefaultOne) {
  world.settings.emplace().mutable_tls()->set_default_site("shop");
  ASSERT_TRUE(world.apply());
  for (const auto* name : {"", "other.example"}) {
    const auto seen = visit(world, {.server_name = name, .request = get(kHost)});
    EXPECT_TRUE(seen.answer.starts_with("HTTP/1.1 200 ")) << name << seen.answer;
  }
  const auto lost = visit(world, {.server_name = "", .request = get("other.example")});
  EXPECT_TRUE(lost.answer.starts_with("HTTP/1.1 421 ")) << lost.answer;
}

TEST_F(VisitorTls, OldVersionsAreRefusedWhenTheSettingsSaySo) {
  const auto old = [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); };
  EXPECT_EQ(visit(world, {.change = old}).version, "TLSv1.2");
  world.settings.emplace().mutable_tls()->set_min_version("1.3");
  ASSERT_TRUE(world.apply());
  EXPECT_FALSE(visit(world, {.change = old}).connected);
  EXPECT_EQ(visit(world, {}).version, "TLSv1.3");
  const auto ancient = [](SSL_CTX* context) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  };
  world.settings.reset();
  ASSERT_TRUE(world.apply());
  EXPECT_FALSE(visit(world, {.change = ancient}).connected);
}

std::function<void(SSL_CTX*)> with(const testing::TestCertificate& own) {
  return [own](SSL_CTX* context) {
    SSL_CTX_use_certificate(context, tls::parse_chain(own.chain_pem)->front().get());
    SSL_CTX_use_PrivateKey(context, tls::parse_key(own.key_pem)->get());
  };
}

TEST_F(VisitorTls, VisitorsProveWhoTheyAre) {
  const auto known = make_test_certificate({"client.example"});
  auto& client = *world.site.mutable_client_certificate();
  client.set_ca_pem(known.chain_pem);
  client.set_fingerprint_header("X-Client-Fingerprint");
  ASSERT_TRUE(world.apply());
  const std::string forged = "Client-Cert: :Zm9yZ2Vk:\r\nX-Client-Fingerprint: forged\r\n";
  const auto good = visit(world, {.change = with(known), .request = get(kHost, forged)});
  EXPECT_TRUE(good.answer.starts_with("HTTP/1.1 200 ")) << good.answer;
  const auto chain = tls::parse_chain(known.chain_pem);
  const auto& leaf = *chain->front();
  EXPECT_EQ(asked().combined("client-cert"), ':' + to_base64(tls::certificate_to_der(leaf)) + ':');
  EXPECT_EQ(asked().combined("x-client-fingerprint"), to_hex(tls::fingerprint(leaf)));

  EXPECT_EQ(visit(world, {.request = get(kHost)}).answer, "");
  const auto unknown = make_test_certificate({"client.example"});
  EXPECT_EQ(visit(world, {.change = with(unknown), .request = get(kHost)}).answer, "");
  EXPECT_EQ(origin.requests(), 1);
}

TEST_F(VisitorTls, AnAuthorityBelowAnotherIsEnough) {
  const testing::Issuer issuer;
  const auto own = issuer.issue({"client.example"}, "http://127.0.0.1:9/");
  const auto chain = tls::parse_chain(own.chain_pem);
  world.site.mutable_client_certificate()->set_ca_pem(tls::certificate_to_pem(*chain->front()));
  ASSERT_TRUE(world.apply());
  const auto seen = visit(world, {.change = with(own), .request = get(kHost)});
  EXPECT_TRUE(seen.answer.starts_with("HTTP/1.1 200 ")) << seen.answer;
}

TEST_F(VisitorTls, ACertificateMayBeLeftToTheVisitor) {
  const auto known = make_test_certificate({"client.example"});
  auto& client = *world.site.mutable_client_certificate();
  client.set_ca_pem(known.chain_pem);
  client.set_required(false);
  ASSERT_TRUE(world.apply());
  const auto without = visit(world, {.request = get(kHost, "Client-Cert: :Zm9yZ2Vk:\r\n")});
  EXPECT_TRUE(without.answer.starts_with("HTTP/1.1 200 ")) << without.answer;
  EXPECT_FALSE(asked().has("client-cert"));
  const auto unknown = make_test_certificate({"client.example"});
  EXPECT_EQ(visit(world, {.change = with(unknown), .request = get(kHost)}).answer, "");
}

TEST_F(VisitorTls, ASessionFromBeforeTheDemandIsOfNoUse) {
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  world.site.mutable_client_certificate()->set_ca_pem(world.certificate_pem());
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visitor->get(kHost, "/").status, 421);
  EXPECT_EQ(Client(world.http_port()).get(kHost, "/").status, 403);
}

TEST_F(VisitorTls, WhatIsStoredIsForThoseOnlyWhoProveThemselves) {
  ASSERT_TRUE(world.apply());
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/stored").status, 200);
  EXPECT_EQ(visitor->get(kHost, "/stored").field("cache-status"), "meridian; hit; ttl=60");
  world.site.mutable_client_certificate()->set_ca_pem(world.certificate_pem());
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visitor->get(kHost, "/stored").status, 421);
  EXPECT_EQ(Client(world.http_port()).get(kHost, "/stored").status, 403);
}

TEST_F(VisitorTls, WhoWasSignedByOthersMustComeAgain) {
  const auto known = make_test_certificate({"client.example"});
  const std::string ask = "GET / HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n\r\n";
  auto& demand = *world.site.mutable_client_certificate();
  for (const bool still_known : {true, false}) {
    demand.set_ca_pem(known.chain_pem);
    ASSERT_TRUE(world.apply());
    const auto change = [&](SSL*) {
      demand.set_ca_pem(world.certificate_pem() + (still_known ? known.chain_pem : ""));
      EXPECT_TRUE(world.apply());
    };
    const auto seen = visit(world, {.change = with(known), .request = ask, .greet = change});
    EXPECT_EQ(seen.answer.substr(0, 12), still_known ? "HTTP/1.1 200" : "HTTP/1.1 421");
    EXPECT_EQ(seen.answer.find("Connection: close") == std::string::npos, still_known);
  }
}

TEST_F(VisitorTls, WhatIsToldOfACertificateSelectsWhatIsStored) {
  const auto one = make_test_certificate({"one.example"});
  const auto other = make_test_certificate({"other.example"});
  auto& client = *world.site.mutable_client_certificate();
  client.set_ca_pem(one.chain_pem + other.chain_pem);
  client.set_fingerprint_header("X-Client-Fingerprint");
  ASSERT_TRUE(world.apply());
  const std::string forged = "X-Client-Fingerprint: forged\r\nConnection: x-client-fingerprint\r\n";
  for (const auto* who : {&one, &other, &one}) {
    const auto seen =
        visit(world, {.change = with(*who),
                      .request = "GET /varies HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n" +
                                 forged + "\r\n"});
    const auto mark = to_hex(tls::fingerprint(*tls::parse_chain(who->chain_pem)->front()));
    EXPECT_TRUE(seen.answer.ends_with(mark)) << seen.answer;
  }
  EXPECT_EQ(origin.requests(), 2);
}

TEST_F(VisitorTls, ASecondServerNameChangesNothing) {
  const auto one = make_test_certificate({"one.example"});
  const auto other = make_test_certificate({"other.example"});
  add_certificate("partners", make_test_certificate({"partners.example"}));
  v1::Site partners = world.site;
  partners.clear_hostnames();
  partners.add_hostnames("partners.example");
  partners.set_certificate("partners");
  partners.mutable_client_certificate()->set_ca_pem(other.chain_pem);
  world.sites.emplace_back("partners", partners);
  world.site.mutable_client_certificate()->set_ca_pem(one.chain_pem);
  ASSERT_TRUE(world.apply());
  for (const auto* second : {"partners.example", "edge.meridian.internal"}) {
    std::string name = second;
    const auto change = [&](SSL_CTX* context) {
      with(one)(context);
      SSL_CTX_set1_groups_list(context, "X448:X25519");  // asked for another ClientHello
      SSL_CTX_set_msg_callback_arg(context, &name);
      SSL_CTX_set_msg_callback(context, [](int sent, int, int type, const void* bytes, std::size_t,
                                           SSL* ssl, void* said) {
        if (!sent && type == SSL3_RT_HANDSHAKE && *static_cast<const char*>(bytes) == 2)
          SSL_set_tlsext_host_name(ssl, static_cast<std::string*>(said)->c_str());
      });
    };
    for (const auto* host : {kHost, "partners.example"}) {
      const auto seen = visit(world, {.change = change, .request = get(host)});
      EXPECT_EQ(seen.answer.substr(0, 12), host == kHost ? "HTTP/1.1 200" : "HTTP/1.1 421");
    }
  }
}

TEST_F(VisitorTls, ResumedSessionsAreOfTheNameThatTheyAskFor) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_SESSION* session = nullptr;
    const auto change = [version](SSL_CTX* context) {
      SSL_CTX_set_max_proto_version(context, version);
    };
    visit(world, {.change = change, .request = get(kHost), .finish = [&session](SSL* ssl) {
                    session =
                        SSL_SESSION_dup(SSL_get0_session(ssl));  // it ends with its connection
                  }});
    for (const std::string& name : {std::string(kHost), std::string(kHost) + "."}) {
      const auto again =
          visit(world, {.server_name = name,
                        .change = change,
                        .begin = [session](SSL* ssl) { SSL_set_session(ssl, session); },
                        .request = get(kHost)});
      EXPECT_TRUE(again.resumed || name.back() == '.');
      EXPECT_EQ(again.answer.substr(0, 12), "HTTP/1.1 200") << version << name;
    }
    SSL_SESSION_free(session);
  }
}

TEST_F(VisitorTls, ANewCertificateEndsNoConnection) {
  const auto visitor = world.visit();
  EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  world.use_certificate(make_test_certificate({kHost, "static.shop.example"}, TestKey::rsa));
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visitor->get(kHost, "/").status, 200);
  EXPECT_EQ(visit(world, {}).key_kind, EVP_PKEY_RSA);
}

TEST_F(VisitorTls, TheProofOfAResponderIsStapled) {
  EXPECT_EQ(visit(world, {}).staple, "");
  v1::Certificate certificate;
  const auto made = make_test_certificate({kHost, "static.shop.example"});
  certificate.set_chain_pem(made.chain_pem);
  certificate.set_private_key_pem(made.key_pem);
  certificate.set_ocsp_response(to_base64("what the responder said"));
  world.certificates.emplace_back("stapled", certificate);
  world.site.set_certificate("stapled");
  ASSERT_TRUE(world.apply());
  EXPECT_EQ(visit(world, {}).staple, "what the responder said");

  const testing::Issuer issuer;
  for (const bool is_over : {false, true}) {
    const auto own = issuer.issue({kHost, "static.shop.example"}, "http://127.0.0.1:9/");
    const auto proof = issuer.answer(own.chain_pem, testing::Issuer::Verdict::good,
                                     is_over ? std::chrono::hours(-1) : std::chrono::hours(1));
    auto& stapled = world.certificates.back().second;
    stapled.set_chain_pem(own.chain_pem);
    stapled.set_private_key_pem(own.key_pem);
    stapled.set_ocsp_response(to_base64(proof));
    ASSERT_TRUE(world.apply());
    EXPECT_EQ(visit(world, {}).staple, is_over ? "" : proof);
  }
}

TEST_F(VisitorTls, SettingsBoundHeadsAndConnections) {
  auto& limits = *world.settings.emplace().mutable_limits();
  limits.set_header_fields(16);
  limits.set_request_line_bytes(1024);
  ASSERT_TRUE(world.apply());
  std::string many;
  for (int i = 0; i < 16; ++i) many += "X-" + std::to_string(i) + ": x\r\n";
  EXPECT_EQ(world.visit()->get(kHost, "/", many).status, 431);
  EXPECT_EQ(world.visit()->get(kHost, "/" + std::string(1024, 'x')).status, 414);
  EXPECT_EQ(world.visit()->get(kHost, "/").status, 200);
  limits.set_connections(1);
  ASSERT_TRUE(world.apply());
  EXPECT_TRUE(testing::eventually([&] { return world.edge().open_connections() == 0; }));
  const auto first = world.visit();
  EXPECT_EQ(first->get(kHost, "/").status, 200);
  EXPECT_FALSE(world.visit()->connected());
  EXPECT_EQ(first->get(kHost, "/").status, 200);
}

}  // namespace
}  // namespace meridian::edge
