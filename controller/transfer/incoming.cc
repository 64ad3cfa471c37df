#include "controller/transfer/incoming.h"

#include <utility>

#include "common/wire/wire_reader.h"
#include "common/wire/wire_writer.h"
#include "common/zone/message.h"

namespace meridian::control {
namespace {

constexpr std::uint16_t kTypeSoa = 6;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kOpcode = 0x7800;
constexpr std::uint16_t kTruncated = 0x0200;

std::string rcode_text(unsigned rcode) {
  constexpr const char* kNames[] = {"NOERROR", "FORMERR",  "SERVFAIL", "NXDOMAIN", "NOTIMP",
                                    "REFUSED", "YXDOMAIN", "YXRRSET",  "NXRRSET",  "NOTAUTH"};
  return rcode < std::size(kNames) ? kNames[rcode] : "RCODE " + std::to_string(rcode);
}

std::string verdict_text(tsig::Verdict verdict) {
  switch (verdict) {
    case tsig::Verdict::bad_signature:
      return "its signature is wrong: do both sides hold the same secret?";
    case tsig::Verdict::bad_key:
      return "it is signed with another key or algorithm";
    case tsig::Verdict::bad_time:
      return "it was signed at another time: are both clocks right?";
    default:
      return "its signature is malformed";
  }
}

}  // namespace

TransferQuery::TransferQuery(const zone::WireName& apex, Type type, std::uint16_t id,
                             const tsig::Key* key, std::uint64_t unix_seconds)
    : id_(id), message_(1024) {
  WireWriter out(message_);
  out.u16(id);
  out.u16(0);
  out.u16(1);
  out.u16(0);
  out.u32(0);
  out.bytes({reinterpret_cast<const std::uint8_t*>(apex.data()), apex.size()});
  out.u16(static_cast<std::uint16_t>(type));
  out.u16(1);
  auto size = out.position();
  if (key != nullptr) {
    const tsig::Mac none;
    size = tsig::sign(*key, message_, size, {.before = none, .now = unix_seconds}, mac_);
  }
  message_.resize(size);
}

Incoming::Incoming(const zone::WireName& apex, TransferQuery::Type type, const TransferQuery& query,
                   const tsig::Key* key)
    : apex_(apex), type_(type), id_(query.id()), key_(key), before_(query.mac()) {}

Result<bool> Incoming::take(tsig::Bytes message, std::uint64_t unix_seconds) {
  octets_ += message.size();
  if (octets_ > kMostOctets) return Error("it sends more than 128 MiB");
  if (auto header = check_header(message); !header) return header.error();
  if (key_ != nullptr) {
    if (auto judged = check_signature(message, unix_seconds); !judged) return judged.error();
  }
  auto last = take_records_of(message);
  if (!last) return last;
  if (*last && unsigned_ > 0) return Error("its last message is not signed");
  return last;
}

Result<void> Incoming::check_header(tsig::Bytes message) const {
  WireReader reader(message);
  const auto id = reader.u16();
  const auto flags = reader.u16();
  if (!reader.ok() || id != id_ || (flags & kResponse) == 0 || (flags & kOpcode) != 0)
    return Error("it sends something that is no answer");
  if ((flags & 15) != 0) return Error("it answers " + rcode_text(flags & 15u));
  if ((flags & kTruncated) != 0) return Error("its answer is truncated");
  return {};
}

Result<void> Incoming::check_signature(tsig::Bytes message, std::uint64_t unix_seconds) {
  const auto at = tsig::find_signature(message);
  if (!at) {
    if (first_) return Error("its answer is not signed");
    if (++unsigned_ > kMostUnsigned) return Error("too many of its messages are not signed");
    unsigned_octets_.append(reinterpret_cast<const char*>(message.data()), message.size());
    return {};
  }
  const auto signature = tsig::read_signature(message, *at);
  if (!signature) return Error(verdict_text(tsig::Verdict::malformed));
  const auto verdict = tsig::verify(
      *key_, *signature, message, *at, before_, first_ ? tsig::Scope::whole : tsig::Scope::timers,
      unix_seconds,
      {reinterpret_cast<const std::uint8_t*>(unsigned_octets_.data()), unsigned_octets_.size()});
  if (verdict != tsig::Verdict::good) return Error(verdict_text(verdict));
  before_ = signature->mac;
  first_ = false;
  unsigned_ = 0;
  unsigned_octets_.clear();
  return {};
}

bool Incoming::is_soa(const zone::Record& record) const {
  return record.type == kTypeSoa && zone::lower(record.owner) == zone::lower(apex_);
}

Result<bool> Incoming::take_records_of(tsig::Bytes message) {
  auto records = zone::answer_records(message);
  if (!records) return Error("its answer " + records.error().what);
  if (records->empty()) return Error("its answer holds no records");
  for (std::size_t i = 0; i < records->size(); ++i) {
    auto& record = (*records)[i];
    if (records_.empty()) {
      if (!is_soa(record)) return Error("its answer does not begin with the zone's SOA");
      records_.push_back({std::move(record), {}, 0});
      if (type_ == TransferQuery::Type::soa) return true;
      continue;
    }
    if (is_soa(record)) {
      if (record.rdata != records_.front().record.rdata)
        return Error("the zone changed while it was transferred");
      if (i + 1 != records->size()) return Error("something follows the end of the zone");
      return true;
    }
    if (records_.size() == kMostRecords)
      return Error("the zone has more than " + std::to_string(kMostRecords) + " records");
    records_.push_back({std::move(record), {}, 0});
  }
  return false;
}

std::uint32_t Incoming::serial() const {
  const auto& data = records_.front().record.rdata;
  if (data.size() < 20) return 0;
  const tsig::Bytes octets(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  return WireReader(octets.subspan(data.size() - 20)).u32();
}

}  // namespace meridian::control
