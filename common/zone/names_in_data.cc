#include "common/zone/names_in_data.h"

#include <ldns/ldns.h>

namespace meridian::zone {
namespace {

constexpr std::size_t kMostName = 255;  // RFC 1035 section 2.3.4

}  // namespace

NamesInData names_in(std::uint16_t type) {
  switch (type) {
    case LDNS_RR_TYPE_NS:
    case LDNS_RR_TYPE_CNAME:
    case LDNS_RR_TYPE_PTR:
      return {0, 1, true};
    case LDNS_RR_TYPE_MX:
      return {2, 1, true};
    case LDNS_RR_TYPE_SRV:
      return {6, 1, false};
    case LDNS_RR_TYPE_DNAME:
      return {0, 1, false};
    case LDNS_RR_TYPE_SOA:
      return {0, 2, true, false};
    case LDNS_RR_TYPE_SVCB:
    case LDNS_RR_TYPE_HTTPS:
      return {2, 1, false, false};
    default:
      return {};
  }
}

std::size_t name_size_at(const std::string& data, std::size_t at) {
  std::size_t size = 0;
  for (;;) {
    if (at + size >= data.size()) return 0;
    const auto length = static_cast<unsigned char>(data[at + size]);
    if (length > 63) return 0;
    size += length + std::size_t{1};
    if (size > kMostName) return 0;
    if (length == 0) return size;
  }
}

bool has_well_formed_names(const Record& record) {
  const auto names = names_in(record.type);
  auto at = names.offset;
  for (int i = 0; i < names.names; ++i) {
    const auto size = name_size_at(record.rdata, at);
    if (size == 0) return false;
    at += size;
  }
  return names.names == 0 || !names.last || at == record.rdata.size();
}

}  // namespace meridian::zone
