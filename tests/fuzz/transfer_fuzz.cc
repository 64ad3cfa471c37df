// What a primary sends for a query: any messages. They end as a zone, as steps, or as an error; a
// zone has one SOA, steps fit what is held or do not, and where a key was named nothing counts that
// it has not signed.
#include <algorithm>
#include <vector>

#include "common/wire/wire_reader.h"
#include "controller/transfer/incoming.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::control;
using fuzz::require;

constexpr std::uint64_t kNow = 1'800'000'000;
constexpr std::uint16_t kTypeSoa = 6;
constexpr std::uint32_t kHeldSerial = 5;
constexpr std::uint8_t kWithKey = 0x10;

const zone::WireName& apex() {
  static const auto name = zone::parse_name("shop.test").value();
  return name;
}

const tsig::Key& key() {
  static const tsig::Key one{zone::parse_name("k").value(), tsig::Algorithm::hmac_sha256,
                             std::string(32, 's')};
  return one;
}

const v1::Zone& held() {
  static const auto zone = [] {
    v1::Zone made;
    made.set_serial(kHeldSerial);
    made.add_nameservers("ns1");
    auto& set = *made.add_records();
    set.set_name("a");
    set.set_type("A");
    set.add_data("192.0.2.1");
    return made;
  }();
  return zone;
}

bool is_soa(const zone::GivenRecord& given) {
  return given.record.type == kTypeSoa && zone::lower(given.record.owner) == apex();
}

void look_at(Incoming& incoming, TransferQuery::Type type) {
  require(incoming.is_whole() || type == TransferQuery::Type::ixfr);
  if (!incoming.is_whole()) {
    const auto records = take_steps(apex(), held(), incoming.steps());
    if (records) require(std::none_of(records->begin(), records->end(), is_soa));
    return;
  }
  auto records = incoming.take_records();
  require(!records.empty() && is_soa(records.front()));
  require(std::count_if(records.begin(), records.end(), is_soa) == 1);
  std::vector<zone::ContentsError> errors;
  (void)zone::zone_contents(apex(), std::move(records), {}, errors);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr TransferQuery::Type kTypes[] = {TransferQuery::Type::axfr, TransferQuery::Type::ixfr,
                                            TransferQuery::Type::soa};
  WireReader reader({data, size});
  const auto how = reader.u8();
  const auto type = kTypes[(how & 3) % std::size(kTypes)];
  const auto* with = (how & kWithKey) != 0 ? &key() : nullptr;
  const TransferQuery query(apex(), type, 7, with, kNow, kHeldSerial);
  Incoming incoming(apex(), query, with);
  while (reader.position() < size) {
    const auto message = reader.bytes(reader.u16());
    if (!reader.ok()) break;
    const auto last = incoming.take(message, kNow);
    if (!last) break;
    if (!*last) continue;
    require(with == nullptr);
    look_at(incoming, type);
    break;
  }
  return 0;
}
