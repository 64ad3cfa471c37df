#include "edge-node/ocsp/responder.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/http.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "common/tls/certificate.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kMostResponseBytes = 16'384;
constexpr long kClockSkewSeconds = 300;

struct Free {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(OCSP_REQUEST* request) const { OCSP_REQUEST_free(request); }
  void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* response) const { OCSP_BASICRESP_free(response); }
  void operator()(OCSP_CERTID* id) const { OCSP_CERTID_free(id); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(char* text) const { OPENSSL_free(text); }
  void operator()(STACK_OF(OPENSSL_STRING) * texts) const { X509_email_free(texts); }
  void operator()(STACK_OF(X509) * certificates) const { sk_X509_free(certificates); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Error openssl_error(std::string what) {
  const auto why = tls::last_error();
  return Error(why.empty() ? std::move(what) : what + ": " + why);
}

Result<std::string> responder_url(X509& leaf) {
  const Owned<STACK_OF(OPENSSL_STRING)> urls(X509_get1_ocsp(&leaf));
  if (!urls || sk_OPENSSL_STRING_num(urls.get()) == 0)
    return Error("the certificate names no OCSP responder");
  return std::string(sk_OPENSSL_STRING_value(urls.get(), 0));
}

Result<std::string> encoded_request(const OCSP_CERTID& id) {
  const Owned<OCSP_REQUEST> request(OCSP_REQUEST_new());
  OCSP_request_add0_id(request.get(), OCSP_CERTID_dup(&id));
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &bytes);
  if (size <= 0) return openssl_error("the request cannot be made");
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

Result<std::string> post(const std::string& url, const std::string& body,
                         std::chrono::seconds patience) {
  char *host = nullptr, *port = nullptr, *path = nullptr;
  int with_tls = 0;
  if (OSSL_HTTP_parse_url(url.c_str(), &with_tls, nullptr, &host, &port, nullptr, &path, nullptr,
                          nullptr) != 1 ||
      with_tls != 0)
    return Error("'" + url + "' is not a URL of http");
  const Owned<char> free_host(host), free_port(port), free_path(path);
  const Owned<BIO> request(BIO_new_mem_buf(body.data(), static_cast<int>(body.size())));
  const Owned<BIO> answer(OSSL_HTTP_transfer(
      nullptr, host, port, path, 0, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, 0,
      nullptr, "application/ocsp-request", request.get(), "application/ocsp-response", 1,
      kMostResponseBytes, static_cast<int>(patience.count()), 0));
  if (!answer) return openssl_error("no answer from '" + url + "'");
  std::string text(kMostResponseBytes, '\0');
  const int size = BIO_read(answer.get(), text.data(), static_cast<int>(text.size()));
  if (size <= 0) return openssl_error("an empty answer from '" + url + "'");
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<OcspAnswer> verified(std::string der, const OCSP_CERTID& id, X509& issuer) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const Owned<OCSP_RESPONSE> response(
      d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size())));
  if (!response) return openssl_error("the answer is malformed");
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return Error(std::string("the responder says: ") + OCSP_response_status_str(status));
  const Owned<OCSP_BASICRESP> basic(OCSP_response_get1_basic(response.get()));
  if (!basic) return openssl_error("the answer is malformed");
  const Owned<X509_STORE> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), &issuer);
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  const Owned<STACK_OF(X509)> known(sk_X509_new_null());
  sk_X509_push(known.get(), &issuer);
  if (OCSP_basic_verify(basic.get(), known.get(), store.get(), 0) != 1)
    return openssl_error("the answer is not signed by the certificate's issuer");
  int verdict = V_OCSP_CERTSTATUS_UNKNOWN, reason = 0;
  ASN1_GENERALIZEDTIME *revoked = nullptr, *from = nullptr, *until = nullptr;
  if (OCSP_resp_find_status(basic.get(), const_cast<OCSP_CERTID*>(&id), &verdict, &reason, &revoked,
                            &from, &until) != 1)
    return Error("the answer is about another certificate");
  if (verdict != V_OCSP_CERTSTATUS_GOOD)
    return Error(std::string("the certificate is ") + OCSP_cert_status_str(verdict));
  if (OCSP_check_validity(from, until, kClockSkewSeconds, -1) != 1)
    return openssl_error("the answer is not of this time");
  OcspAnswer answer{.der = std::move(der), .from = tls::to_time(from), .until = {}};
  answer.until = until ? tls::to_time(until)
                       : std::max(answer.from, WallClock::now()) + std::chrono::hours(24);
  return answer;
}

}  // namespace

Result<OcspAnswer> ask_responder(std::string_view chain_pem, std::chrono::seconds patience) {
  auto chain = tls::parse_chain(chain_pem);
  if (!chain) return chain.error();
  if (chain->size() < 2) return Error("the chain does not hold the certificate's issuer");
  X509 &leaf = *(*chain)[0], &issuer = *(*chain)[1];
  auto url = responder_url(leaf);
  if (!url) return url.error();
  const Owned<OCSP_CERTID> id(OCSP_cert_to_id(EVP_sha1(), &leaf, &issuer));
  if (!id) return openssl_error("the request cannot be made");
  auto request = encoded_request(*id);
  if (!request) return request.error();
  auto der = post(*url, *request, patience);
  if (!der) return der.error();
  return verified(std::move(*der), *id, issuer);
}

}  // namespace meridian::edge
