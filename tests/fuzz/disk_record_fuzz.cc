// Headers and heads of records on an edge's disk, with checksums that fit. What is accepted must
// survive being written and read again.
#include <memory>
#include <string>
#include <string_view>

#include "edge-node/disk/record.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian::edge;
using meridian::fuzz::require;

constexpr disk::Place kPlace{.segment = 3, .offset = 4096};
// The checksums of a header and of a head are those of blocks that no body has.
constexpr std::uint64_t kHeaderNumber = ~std::uint64_t{0};
constexpr std::uint64_t kHeadNumber = kHeaderNumber - 1;

std::string sealed(std::string content, std::uint64_t number) {
  content += disk::block_checksum(content, kPlace, number);
  return content;
}

/// With which every head of this program begins.
std::string form() {
  StoredHead head;
  head.key = std::make_shared<const std::string>();
  return disk::encode_head(head, kPlace).substr(0, 8);
}

void check_header(std::string_view bytes) {
  const auto header = disk::decode_header(sealed(std::string(bytes), kHeaderNumber), kPlace);
  if (!header) return;
  require(header->record_bytes() >= disk::kHeaderBytes);
  const auto again = disk::decode_header(disk::encode_header(*header, kPlace), kPlace);
  require(again && again->key_hash == header->key_hash);
  require(again->record_bytes() == header->record_bytes());
}

void check_head(std::string_view bytes) {
  static const std::string kForm = form();
  const auto head = disk::decode_head(sealed(kForm + std::string(bytes), kHeadNumber), kPlace);
  if (!head) return;
  const auto written = disk::encode_head(*head, kPlace);
  const auto again = disk::decode_head(written, kPlace);
  require(again && *again->key == *head->key && again->status == head->status);
  require(!disk::decode_head(written, {.segment = 3, .offset = 4097}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_header(bytes);
  check_head(bytes);
  return 0;
}
