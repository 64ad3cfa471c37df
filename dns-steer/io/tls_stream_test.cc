#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "common/disk/file.h"
#include "common/tls/certificate.h"
#include "dns-steer/io/worker_pool.h"
#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::Packet;
using TlsSocket = asio::ssl::stream<tcp::socket>;
using namespace std::chrono_literals;

const char kMail[] = "NOERROR aa\nanswer mail.shop.test. 300 IN A 192.0.2.25";
constexpr std::uint16_t kPadding = 12;

/// chain.pem and key.pem in a directory of their own, which goes with it.
class Files {
 public:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "meridian-tls-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    renew("first.test");
  }
  ~Files() { std::filesystem::remove_all(directory_); }

  std::filesystem::path chain() const { return directory_ / "chain.pem"; }
  std::filesystem::path key() const { return directory_ / "key.pem"; }

  void renew(const std::string& name) const {
    const auto new_key = tls::make_key();
    tls::X509Ptr made(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), new_key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.data()), -1, -1, 0);
    X509_sign(made.get(), new_key.get(), EVP_sha256());
    write(chain(), tls::certificate_to_pem(*made));
    write(key(), tls::key_to_pem(*new_key));
  }

  static void write(const std::filesystem::path& path, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(path, text, 0600));
  }

 private:
  std::filesystem::path directory_;
};

struct Server {
  explicit Server(StreamLimits limits = {})
      : pool({parse_endpoint("127.0.0.1:0").value()}, 1,
             {.limits = limits,
              .tls_listen = {parse_endpoint("127.0.0.1:0").value()},
              .tls = load_tls_context(files.chain(), files.key()).value()}) {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_TRUE(pool.serve(testing::serving_from(testing::kShop)));
  }

  tcp::socket connect() {
    tcp::socket socket(context);
    socket.connect({asio::ip::make_address("127.0.0.1"), pool.bound_tls().at(0).port});
    return socket;
  }

  std::unique_ptr<TlsSocket> connect_tls(const Packet& alpn = {3, 'd', 'o', 't'}) {
    auto socket = std::make_unique<TlsSocket>(connect(), client);
    SSL_set_alpn_protos(socket->native_handle(), alpn.data(), static_cast<unsigned>(alpn.size()));
    return socket;
  }

  std::uint64_t count(WorkerCounter WorkerCounters::*counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : pool.counters()) sum += (worker.*counter).value();
    return sum;
  }
  void await(WorkerCounter WorkerCounters::*counter, std::uint64_t value) const {
    while (count(counter) < value) std::this_thread::yield();
    EXPECT_EQ(count(counter), value);
  }

  Files files;
  asio::io_context context;
  asio::ssl::context client{asio::ssl::context::tls_client};
  WorkerPool pool;
};

void send(TlsSocket& socket, const Packet& query) {
  Packet framed{static_cast<std::uint8_t>(query.size() >> 8),
                static_cast<std::uint8_t>(query.size())};
  framed.insert(framed.end(), query.begin(), query.end());
  asio::write(socket, asio::buffer(framed));
}

Packet read_answer(TlsSocket& socket) {
  std::array<std::uint8_t, 2> size;
  asio::read(socket, asio::buffer(size));
  Packet answer(static_cast<std::size_t>(size[0] << 8 | size[1]));
  asio::read(socket, asio::buffer(answer));
  return answer;
}

void handshake(TlsSocket& socket) { socket.handshake(asio::ssl::stream_base::client); }

Packet ask(TlsSocket& socket, const std::string& options = {}) {
  send(socket,
       testing::packet({.name = "mail.shop.test", .edns = !options.empty(), .options = options}));
  return read_answer(socket);
}

void expect_end(tcp::socket& socket) {
  std::array<std::uint8_t, 4096> octets;
  boost::system::error_code error;
  while (!error) socket.read_some(asio::buffer(octets), error);
}

std::string peer_name(TlsSocket& socket) {
  const tls::X509Ptr peer(SSL_get1_peer_certificate(socket.native_handle()));
  std::array<char, 100> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer.get()), NID_commonName, name.data(),
                            name.size());
  return name.data();
}

TEST(TlsStream, AnswersManyQueries) {
  Server server;
  const auto socket = server.connect_tls();
  handshake(*socket);
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(socket->native_handle(), &protocol, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(protocol), size), "dot");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(testing::describe(ask(*socket)), kMail);
  for (int i = 0; i < 2000; ++i) send(*socket, testing::packet({.name = "mail.shop.test"}));
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(testing::describe(read_answer(*socket)), kMail);
}

TEST(TlsStream, SpeaksTls12And13Only) {
  Server server;
  for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto socket = server.connect_tls();
    SSL_set_min_proto_version(socket->native_handle(), version);
    SSL_set_max_proto_version(socket->native_handle(), version);
    handshake(*socket);
    EXPECT_EQ(testing::describe(ask(*socket)), kMail);
  }
  const auto old = server.connect_tls();
  SSL_set_security_level(old->native_handle(), 0);
  SSL_set_min_proto_version(old->native_handle(), TLS1_1_VERSION);
  SSL_set_max_proto_version(old->native_handle(), TLS1_1_VERSION);
  boost::system::error_code error;
  old->handshake(asio::ssl::stream_base::client, error);
  EXPECT_TRUE(error);
  server.await(&WorkerCounters::tls_failed, 1);
}

TEST(TlsStream, RefusesClientsOfOtherProtocols) {
  Server server;
  const auto http = server.connect_tls({2, 'h', '2'});
  boost::system::error_code error;
  http->handshake(asio::ssl::stream_base::client, error);
  EXPECT_TRUE(error);
  const auto both = server.connect_tls({2, 'h', '2', 3, 'd', 'o', 't'});
  handshake(*both);
  EXPECT_EQ(testing::describe(ask(*both)), kMail);
}

TEST(TlsStream, FillsAnswersUpWhenAsked) {  // RFC 8467 section 4.1
  Server server;
  const auto socket = server.connect_tls();
  handshake(*socket);
  EXPECT_EQ(ask(*socket, testing::edns_option(kPadding, "")).size(), 468u);
  EXPECT_EQ(ask(*socket, testing::edns_option(kPadding, std::string(50, '\0'))).size(), 468u);
  EXPECT_LT(ask(*socket, testing::edns_option(65001, "")).size(), 100u);
  EXPECT_EQ(testing::option_of(ask(*socket, testing::edns_option(11, "")), 11), "0064");
}

TEST(TlsStream, EndsWhatDoesNotSpeakTls) {
  Server server;
  for (const std::string text : {"GET / HTTP/1.1\r\n\r\n", "\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    auto socket = server.connect();
    asio::write(socket, asio::buffer(text));
    expect_end(socket);
  }
  server.await(&WorkerCounters::tls_failed, 2);
}

TEST(TlsStream, EndsWhoDoesNotComeToAnEndWithTheHandshake) {
  Server server({.handshake = 20ms});
  auto silent = server.connect();
  expect_end(silent);
  auto half = server.connect();
  asio::write(half, asio::buffer(std::string("\x16\x03\x01\x02\x00\x01", 6)));
  expect_end(half);
  server.await(&WorkerCounters::streams_cut_slow, 2);
  while (server.pool.connections() != 0) std::this_thread::yield();
}

TEST(TlsStream, ForgetsConnectionsThatAreCutOff) {
  Server server;
  const auto socket = server.connect_tls();
  handshake(*socket);
  EXPECT_EQ(testing::describe(ask(*socket)), kMail);
  socket->next_layer().close();  // no TLS goodbye
  while (server.pool.connections() != 0) std::this_thread::yield();
}

TEST(TlsStream, TakesANewCertificateForNewConnections) {
  Server server;
  const auto before = server.connect_tls();
  handshake(*before);
  EXPECT_EQ(peer_name(*before), "first.test");
  server.files.renew("second.test");
  server.pool.use(load_tls_context(server.files.chain(), server.files.key()).value());
  std::string name;
  while (name != "second.test") {  // news are a task of the worker's loop
    const auto after = server.connect_tls();
    handshake(*after);
    name = peer_name(*after);
  }
  EXPECT_EQ(testing::describe(ask(*before)), kMail);
}

TEST(TlsFiles, TellsEachChangeOnce) {
  const Files files;
  TlsFiles watched(files.chain(), files.key());
  EXPECT_TRUE(watched.look().value());
  EXPECT_FALSE(watched.look().value());
  files.renew("second.test");
  EXPECT_FALSE(watched.look().value());  // the second file may be on its way
  EXPECT_TRUE(watched.look().value());
  EXPECT_FALSE(watched.look().value());
}

TEST(TlsFiles, SaysWhichFileIsWrong) {
  const Files files;
  const auto load = [&] { return load_tls_context(files.chain(), files.key()); };
  const auto key = read_file(files.key(), 10'000).value();
  Files::write(files.key(), tls::key_to_pem(*tls::make_key()));
  ASSERT_FALSE(load());
  EXPECT_EQ(load().error().text(), files.key().string() +
                                       ": is not the key of the first certificate in " +
                                       files.chain().string());
  Files::write(files.key(), key.substr(0, key.size() / 2));
  EXPECT_EQ(load().error().text(),
            files.key().string() + ": is not an unencrypted private key in PEM form");
  std::filesystem::remove(files.chain());
  EXPECT_NE(load().error().text().find(files.chain().string()), std::string::npos);
}

}  // namespace
}  // namespace meridian::dns
