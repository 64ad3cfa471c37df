#include "common/tls/ocsp.h"

#include <algorithm>
#include <memory>

#include <openssl/ocsp.h>

#include "common/tls/certificate.h"

namespace meridian::tls {
namespace {

constexpr std::size_t kMostBytes = 16'384;

struct Free {
  void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* response) const { OCSP_BASICRESP_free(response); }
};
using Response = std::unique_ptr<OCSP_RESPONSE, Free>;
using BasicResponse = std::unique_ptr<OCSP_BASICRESP, Free>;

/// Null: malformed.
Response parse(std::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return Response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size())));
}

bool is_about(OCSP_SINGLERESP& single, const X509& leaf) {
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial,
                    const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(&single)));
  return serial != nullptr && ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&leaf)) == 0;
}

}  // namespace

std::optional<std::string> ocsp_problem(std::string_view der, const X509& leaf) {
  if (der.size() > kMostBytes) return "is longer than " + std::to_string(kMostBytes) + " bytes";
  const Response response = parse(der);
  if (!response) return "is not an answer of an OCSP responder (in DER)";
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return "is an error of the responder's";
  const BasicResponse basic(OCSP_response_get1_basic(response.get()));
  for (int i = 0; basic && i < OCSP_resp_count(basic.get()); ++i) {
    OCSP_SINGLERESP* const single = OCSP_resp_get0(basic.get(), i);
    if (!is_about(*single, leaf)) continue;
    const int status = OCSP_single_get0_status(single, nullptr, nullptr, nullptr, nullptr);
    if (status == V_OCSP_CERTSTATUS_GOOD) return std::nullopt;
    return std::string("says that the certificate is ") + OCSP_cert_status_str(status);
  }
  return "is about another certificate";
}

WallTime ocsp_valid_until(std::string_view der) {
  WallTime first = WallTime::max();
  const Response response = parse(der);
  if (!response) return first;
  const BasicResponse basic(OCSP_response_get1_basic(response.get()));
  for (int i = 0; basic && i < OCSP_resp_count(basic.get()); ++i) {
    ASN1_GENERALIZEDTIME* until = nullptr;
    OCSP_single_get0_status(OCSP_resp_get0(basic.get(), i), nullptr, nullptr, nullptr, &until);
    if (until) first = std::min(first, to_time(until));
  }
  return first;
}

}  // namespace meridian::tls
