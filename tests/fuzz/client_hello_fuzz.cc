// The first bytes of TLS connections, from hostile visitors. Whatever comes, no session comes about
// without a visitor who knows its keys; names are asked for in one form; and whether the bytes come
// at once or one by one makes no difference.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/tls/certificate.h"
#include "edge-node/net/visitor_tls.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::edge;
using meridian::fuzz::require;

TlsContext make_site() {
  const auto key = tls::make_key();
  const tls::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const auto chain = tls::certificate_to_pem(*certificate);
  const auto pem = tls::key_to_pem(*key);
  const std::array sources{CertificateSource{.name = "own", .chain_pem = chain, .key_pem = pem}};
  return *make_site_context({.certificates = sources, .id = "site"});
}

/// Serves names that end in a letter of the first half of the alphabet.
class Host final : public TlsHost {
 public:
  SSL_CTX* choose(std::string_view name) override {
    require(names.size() < 2);  // again after a HelloRetryRequest, and never more
    require(!name.ends_with('.'));
    require(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
    names.emplace_back(name);
    static const TlsContext site = make_site();
    return name.empty() || name.back() < 'n' ? site.get() : nullptr;
  }
  TicketKeyring* tickets() override { return nullptr; }
  bool allows_tls12() const override { return true; }

  std::vector<std::string> names;
};

/// Bytes that have come so far, and a peer that takes everything.
class Wire final : public TlsTransport {
 public:
  int receive(std::span<char> into) override {
    if (bytes_.empty()) return kWouldBlock;
    const auto size = std::min(into.size(), bytes_.size());
    std::copy_n(bytes_.begin(), size, into.begin());
    bytes_.remove_prefix(size);
    return static_cast<int>(size);
  }
  int transmit(std::string_view bytes) override {
    sent_ += bytes.size();
    return static_cast<int>(bytes.size());
  }
  bool flush() override { return true; }
  int socket() const override { return -1; }  // nothing to leave to the kernel
  void deliver(std::string_view bytes) {
    require(bytes_.empty());
    bytes_ = bytes;
  }
  std::size_t sent() const { return sent_; }

 private:
  std::string_view bytes_;
  std::size_t sent_ = 0;
};

/// What became of the handshake, and the names that were asked for.
auto shake_hands(SSL_CTX& front, std::string_view bytes, std::size_t piece) {
  constexpr std::size_t kMostSent = 64 * 1024;
  Host host;
  Wire wire;
  TlsSession session = accept_visitor(front, host);
  session.attach(wire);
  auto want = session.handshake().want;
  while (want == TlsWant::read && !bytes.empty()) {
    wire.deliver(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    want = session.handshake().want;
  }
  require(want != TlsWant::nothing);
  require(wire.sent() < kMostSent);
  return std::tuple(want, host.names);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TlsContext front = *make_front_context();
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require(shake_hands(*front, bytes, bytes.size()) == shake_hands(*front, bytes, 1));
  return 0;
}
