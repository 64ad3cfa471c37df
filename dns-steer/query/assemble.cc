#include "dns-steer/query/assemble.h"

#include <algorithm>

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

constexpr std::uint32_t kMinimalAnyTtl = 3600;
constexpr std::size_t kMostPointer = 0x3fff;

/// RFC 1035 section 4.1.4.
constexpr std::uint16_t pointer_to(std::uint16_t offset) {
  return static_cast<std::uint16_t>(0xc000 | offset);
}

void write_record(WireWriter& out, const Assembler::Owner& owner, std::uint16_t type,
                  std::uint32_t ttl, Bytes data) {
  out.bytes(owner.labels);
  if (auto* head = out.extend(12)) {
    store_u16(head, pointer_to(owner.pointer));
    store_u16(head + 2, type);
    store_u16(head + 4, kClassIn);
    store_u32(head + 6, ttl);
    store_u16(head + 10, static_cast<std::uint16_t>(data.size()));
  }
  out.bytes(data);
}

}  // namespace

Assembler::Assembler(std::span<std::uint8_t> buffer, std::size_t limit, const Query& query,
                     const EdnsAnswer& edns)
    : query_(query),
      edns_(edns),
      kept_(edns_octets(edns)),
      buffer_(buffer.first(
          std::min(std::max(limit, kHeaderOctets + query.question.size() + kept_), buffer.size()))),
      out_(buffer_.first(buffer_.size() - kept_)),
      flags_(static_cast<std::uint16_t>(
          flag::kResponse | (query.flags & (flag::kOpcode | flag::kRecursionDesired)))) {
  out_.u16(query.id);
  (void)out_.extend(kHeaderOctets - 2);  // flags and counts: finish() knows them
  out_.bytes(query.question);
}

void Assembler::add_record(const ZoneData& data, const Record& record, const Owner& owner,
                           std::uint16_t apex) {
  out_.bytes(owner.labels);
  out_.u16(pointer_to(owner.pointer));
  const auto body = out_.position();
  out_.bytes(data.bytes(record.offset, record.size));
  if (!out_.ok()) return;
  for (const auto at : record.apex_pointers) {
    if (at != 0) out_.patch_u16(body + at, pointer_to(apex));
  }
}

bool Assembler::add_set(const ZoneData& data, const RecordSet& set, const Owner& owner,
                        std::uint16_t apex, std::uint16_t& count) {
  const auto before = out_.position();
  auto at = owner;
  for (const auto& record : std::span(data.records).subspan(set.first_record, set.records)) {
    add_record(data, record, at, apex);
    // All others point to the owner of the first, so that any set fits into a message.
    if (!owner.labels.empty() && before <= kMostPointer)
      at = {{}, static_cast<std::uint16_t>(before)};
  }
  if (!out_.ok()) {
    out_.rewind(before);
    return false;
  }
  count = static_cast<std::uint16_t>(count + set.records);
  return true;
}

bool Assembler::add_answer(const ZoneData& data, const RecordSet& set, const Owner& owner,
                           std::uint16_t apex) {
  return add_set(data, set, owner, apex, answers_);
}

bool Assembler::add_authority(const ZoneData& data, const RecordSet& set, const Owner& owner,
                              std::uint16_t apex) {
  return add_set(data, set, owner, apex, authorities_);
}

bool Assembler::add_additional(const ZoneData& data, const RecordSet& set, const Owner& owner,
                               std::uint16_t apex) {
  return add_set(data, set, owner, apex, additionals_);
}

void Assembler::add_negative_soa(const ZoneData& data, const Zone& zone, std::uint16_t apex) {
  add_record(data, data.records[zone.first_record], {{}, apex}, apex);
  ++authorities_;
}

std::uint16_t& Assembler::count_of(Section section) {
  if (section == Section::answer) return answers_;
  return section == Section::authority ? authorities_ : additionals_;
}

bool Assembler::add_signatures(Section section, Bytes signatures, const Owner& owner,
                               std::optional<std::uint32_t> ttl) {
  constexpr std::size_t kTtlOffset = 4;  // behind type and class
  constexpr std::size_t kHead = 10;
  const auto before = out_.position();
  std::uint16_t count = 0;
  for (auto rest = signatures; !rest.empty(); ++count) {
    const auto length = static_cast<std::size_t>(rest[kHead - 2] << 8 | rest[kHead - 1]);
    out_.bytes(owner.labels);
    out_.u16(pointer_to(owner.pointer));
    const auto body = out_.position();
    out_.bytes(rest.first(kHead + length));
    if (!out_.ok()) {
      out_.rewind(before);
      return false;
    }
    if (ttl) {
      out_.patch_u16(body + kTtlOffset, static_cast<std::uint16_t>(*ttl >> 16));
      out_.patch_u16(body + kTtlOffset + 2, static_cast<std::uint16_t>(*ttl));
    }
    rest = rest.subspan(kHead + length);
  }
  count_of(section) = static_cast<std::uint16_t>(count_of(section) + count);
  return true;
}

void Assembler::add_nsec(Section section, const Owner& owner, std::uint32_t ttl, Bytes data) {
  write_record(out_, owner, rr::kNsec, ttl, data);
  ++count_of(section);
}

bool Assembler::add_alias(std::uint16_t owner, std::uint32_t ttl, Bytes target) {
  write_record(out_, {{}, owner}, rr::kCname, ttl, target);
  ++answers_;
  return out_.ok();
}

void Assembler::add_address(std::uint16_t owner, const IpAddress& address, std::uint32_t ttl) {
  add_address_of({{}, owner}, address, ttl);
}

void Assembler::add_address_of(const Owner& owner, const IpAddress& address, std::uint32_t ttl) {
  write_record(out_, owner, address.is_v4() ? rr::kA : rr::kAaaa, ttl, address.bytes());
  ++answers_;
}

void Assembler::add_https(const Owner& owner, std::uint32_t ttl, Bytes data) {
  write_record(out_, owner, rr::kHttps, ttl, data);
  ++answers_;
}

void Assembler::add_text(std::uint16_t owner, std::uint16_t record_class, std::uint32_t ttl,
                         std::string_view text) {
  text = text.substr(0, 255);
  out_.u16(pointer_to(owner));
  out_.u16(rr::kTxt);
  out_.u16(record_class);
  out_.u32(ttl);
  out_.u16(static_cast<std::uint16_t>(text.size() + 1));
  out_.u8(static_cast<std::uint8_t>(text.size()));
  out_.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  ++answers_;
}

void Assembler::add_minimal_any(std::uint16_t owner) {
  static constexpr std::array<std::uint8_t, 9> kData{7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
  write_record(out_, {{}, owner}, rr::kHinfo, kMinimalAnyTtl, kData);
  ++answers_;
}

AnswerKind Assembler::kind() const {
  if (rcode_ == Rcode::nx_domain) return AnswerKind::no_name;
  if (rcode_ != Rcode::no_error) return AnswerKind::error;
  if (answers_ > 0) return AnswerKind::positive;
  return (flags_ & flag::kAuthoritative) != 0 ? AnswerKind::no_data : AnswerKind::referral;
}

std::size_t Assembler::finish() {
  if (!out_.ok()) set_truncated();
  auto size = out_.position();
  if (truncated() || failed_) {
    // Half an answer helps nobody (RFC 2181 section 9): the client comes again by TCP.
    size = kHeaderOctets + query_.question.size();
    answers_ = authorities_ = additionals_ = 0;
  }
  if (edns_.present) {
    WireWriter opt(buffer_.subspan(size));
    write_edns(opt, edns_, kept_, rcode_, size);
    size += opt.position();
    ++additionals_;
  }
  out_.patch_u16(2, static_cast<std::uint16_t>(flags_ | (static_cast<unsigned>(rcode_) & 15)));
  out_.patch_u16(4, query_.question.empty() ? 0 : 1);
  out_.patch_u16(6, answers_);
  out_.patch_u16(8, authorities_);
  out_.patch_u16(10, additionals_);
  return size;
}

}  // namespace meridian::dns
