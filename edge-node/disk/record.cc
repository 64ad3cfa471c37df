#include "edge-node/disk/record.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace meridian::edge::disk {
namespace {

constexpr std::uint64_t kMagic = 0x31'74'6a'62'6f'72'6d'00;
constexpr std::size_t kChecksumBytes = 8;

std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t seed_of(const Place& place, std::uint64_t number) {
  const std::uint64_t all[] = {place.segment, place.offset, place.record, number};
  return XXH3_64bits(all, sizeof(all));
}

/// The form of a head; a version of the program whose heads differ finds nothing.
std::uint64_t form() { return hash(MERIDIAN_VERSION, sizeof(Freshness) << 8 | sizeof(StoredHead)); }

template <class Number>
void put(std::string& to, Number number) {
  static_assert(std::is_trivially_copyable_v<Number>);
  const auto at = to.size();
  to.resize(at + sizeof(Number));
  std::memcpy(to.data() + at, &number, sizeof(Number));
}

void put_text(std::string& to, std::string_view text) {
  put(to, static_cast<std::uint32_t>(text.size()));
  to += text;
}

/// After a short read everything reads as nothing.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}
  template <class Number>
  Number get() {
    Number number{};
    const auto bytes = take(sizeof(Number));
    if (!bytes.empty()) std::memcpy(&number, bytes.data(), sizeof(Number));
    return number;
  }
  std::string_view text() { return take(get<std::uint32_t>()); }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
  bool ok_ = true;
};

void put_checksum(std::string& to, const Place& place, std::uint64_t number) {
  put(to, hash(to, seed_of(place, number)));
}

/// Without its checksum, if that is right.
std::optional<std::string_view> checked(std::string_view bytes, const Place& place,
                                        std::uint64_t number) {
  if (bytes.size() < kChecksumBytes) return std::nullopt;
  const auto content = bytes.substr(0, bytes.size() - kChecksumBytes);
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + content.size(), kChecksumBytes);
  if (checksum != hash(content, seed_of(place, number))) return std::nullopt;
  return content;
}

// What no block has for a number.
constexpr std::uint64_t kHeaderNumber = ~std::uint64_t{0};
constexpr std::uint64_t kHeadNumber = kHeaderNumber - 1;

}  // namespace

std::uint64_t RecordHeader::stored_body_bytes() const {
  return body_bytes + blocks() * kChecksumBytes;
}

std::uint64_t RecordHeader::block_offset(std::uint64_t block) const {
  return kHeaderBytes + head_bytes + block * (kBlockBytes + kChecksumBytes);
}

std::uint64_t RecordHeader::block_bytes(std::uint64_t block) const {
  return std::min(kBlockBytes, body_bytes - block * kBlockBytes);
}

std::uint64_t stable_hash(std::string_view key) { return hash(key, 0); }

std::string encode_header(const RecordHeader& header, const Place& place) {
  std::string bytes;
  put(bytes, kMagic);
  put(bytes, header.kind);
  put(bytes, header.head_bytes);
  put(bytes, header.body_bytes);
  put(bytes, header.key_hash);
  put(bytes, header.number);
  put_checksum(bytes, place, kHeaderNumber);
  return bytes;
}

std::optional<RecordHeader> decode_header(std::string_view bytes, const Place& place) {
  if (bytes.size() != kHeaderBytes) return std::nullopt;
  const auto content = checked(bytes, place, kHeaderNumber);
  if (!content) return std::nullopt;
  Reader reader(*content);
  if (reader.get<std::uint64_t>() != kMagic) return std::nullopt;
  RecordHeader header;
  header.kind = reader.get<RecordHeader::Kind>();
  header.head_bytes = reader.get<std::uint32_t>();
  header.body_bytes = reader.get<std::uint64_t>();
  header.key_hash = reader.get<std::uint64_t>();
  header.number = reader.get<std::uint64_t>();
  using Kind = RecordHeader::Kind;
  const bool known =
      header.kind == Kind::object || header.kind == Kind::erased || header.kind == Kind::reserved;
  if (!known || header.head_bytes > kMostHeadBytes || header.body_bytes >> 48 != 0)
    return std::nullopt;
  return header;
}

std::string encode_head(const StoredHead& head, const Place& place) {
  static_assert(std::is_trivially_copyable_v<Freshness>);
  std::string bytes;
  put(bytes, form());
  put_text(bytes, *head.key);
  put_text(bytes, head.selected_by);
  put(bytes, head.status);
  put(bytes, head.version);
  put(bytes, head.born);
  put(bytes, head.names.site);
  put(bytes, head.freshness);
  put(bytes, static_cast<std::uint32_t>(head.fields.size()));
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    put_text(bytes, head.fields[i].name);
    put_text(bytes, head.fields[i].value);
  }
  put_checksum(bytes, place, kHeadNumber);
  return bytes;
}

std::shared_ptr<StoredHead> decode_head(std::string_view bytes, const Place& place) {
  const auto content = checked(bytes, place, kHeadNumber);
  if (!content) return nullptr;
  Reader reader(*content);
  if (reader.get<std::uint64_t>() != form()) return nullptr;
  auto head = std::make_shared<StoredHead>();
  head->key = std::make_shared<const std::string>(reader.text());
  head->selected_by = reader.text();
  head->status = reader.get<int>();
  head->version = reader.get<http::Version>();
  head->born = reader.get<std::uint64_t>();
  const auto site = reader.get<std::uint64_t>();
  head->freshness = reader.get<Freshness>();
  const auto fields = reader.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < fields && reader.ok(); ++i) {
    const auto name = reader.text();
    const auto value = reader.text();
    if (reader.ok()) head->fields.add(name, value);
  }
  if (!reader.ok() || !reader.at_end()) return nullptr;
  head->vary = parse_vary(head->fields);
  head->names = make_purge_names(site, head->fields);
  return head;
}

std::string block_checksum(std::string_view block, const Place& place, std::uint64_t number) {
  std::string bytes;
  put(bytes, hash(block, seed_of(place, number)));
  return bytes;
}

std::optional<std::string_view> check_block(std::string_view bytes, const Place& place,
                                            std::uint64_t number) {
  return checked(bytes, place, number);
}

}  // namespace meridian::edge::disk
