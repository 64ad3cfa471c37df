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

/// Of the SOA only the serial counts (RFC 1995 section 3).
void write_held_soa(WireWriter& out, std::uint32_t serial) {
  constexpr std::uint16_t kPointerToQuestion = 0xc00c;
  constexpr std::uint16_t kSoaOctets = 2 + 5 * 4;  // both names are the root
  out.u16(kPointerToQuestion);
  out.u16(kTypeSoa);
  out.u16(1);
  out.u32(0);
  out.u16(kSoaOctets);
  out.u16(0);
  out.u32(serial);
  for (int i = 0; i < 4; ++i) out.u32(0);
}

std::uint32_t serial_of(const zone::Record& soa) {
  const auto& data = soa.rdata;
  if (data.size() < 20) return 0;
  const tsig::Bytes octets(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  return WireReader(octets.subspan(data.size() - 20)).u32();
}

}  // namespace

TransferQuery::TransferQuery(const zone::WireName& apex, Type type, std::uint16_t id,
                             const tsig::Key* key, std::uint64_t unix_seconds, std::uint32_t held)
    : type_(type), id_(id), held_(held), message_(1024) {
  const bool incremental = type == Type::ixfr;
  WireWriter out(message_);
  out.u16(id);
  out.u16(0);
  out.u16(1);
  out.u16(0);
  out.u16(incremental ? 1 : 0);
  out.u16(0);
  out.bytes({reinterpret_cast<const std::uint8_t*>(apex.data()), apex.size()});
  out.u16(static_cast<std::uint16_t>(type));
  out.u16(1);
  if (incremental) write_held_soa(out, held);
  auto size = out.position();
  if (key != nullptr) {
    const tsig::Mac none;
    size = tsig::sign(*key, message_, size, {.before = none, .now = unix_seconds}, mac_);
  }
  message_.resize(size);
}

Incoming::Incoming(const zone::WireName& apex, const TransferQuery& query, const tsig::Key* key)
    : apex_(apex),
      type_(query.type()),
      id_(query.id()),
      at_(query.held()),
      key_(key),
      before_(query.mac()) {}

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
    if (++count_ > kMostRecords)
      return Error("it sends more than " + std::to_string(kMostRecords) + " records");
    const auto last = take_record(std::move((*records)[i]));
    if (!last) return last;
    if (*last && i + 1 != records->size()) return Error("something follows the end of the zone");
    if (*last) return true;
  }
  return false;
}

Result<bool> Incoming::take_record(zone::Record record) {
  if (records_.empty()) {
    if (!is_soa(record)) return Error("its answer does not begin with the zone's SOA");
    records_.push_back({std::move(record), {}, 0});
    return type_ == TransferQuery::Type::soa ||
           (type_ == TransferQuery::Type::ixfr && serial() == at_);
  }
  // The second record tells steps from a whole zone (RFC 1995 section 4).
  const bool begins_steps = type_ == TransferQuery::Type::ixfr && records_.size() == 1 &&
                            is_soa(record) && record.rdata != records_.front().record.rdata;
  return begins_steps || !steps_.empty() ? take_of_step(std::move(record))
                                         : take_of_whole(std::move(record));
}

Result<bool> Incoming::take_of_whole(zone::Record record) {
  if (is_soa(record)) {
    if (record.rdata != records_.front().record.rdata)
      return Error("the zone changed while it was transferred");
    return true;
  }
  records_.push_back({std::move(record), {}, 0});
  return false;
}

/// Each step is an SOA, what it deletes, the next SOA, what it adds; the newest SOA ends them.
Result<bool> Incoming::take_of_step(zone::Record record) {
  if (!is_soa(record)) {
    auto& step = steps_.back();
    (adds_ ? step.added : step.deleted).push_back(std::move(record));
    return false;
  }
  const auto to = serial_of(record);
  if (!steps_.empty() && !adds_) {
    adds_ = true;
    at_ = to;
    return false;
  }
  if (!steps_.empty() && record.rdata == records_.front().record.rdata && at_ == serial())
    return true;
  if (to != at_) return Error("its steps do not follow each other");
  steps_.emplace_back();
  adds_ = false;
  return false;
}

std::uint32_t Incoming::serial() const { return serial_of(records_.front().record); }

}  // namespace meridian::control
