#include "edge-node/disk/purge_journal.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/disk/file.h"

namespace meridian::edge::disk {
namespace {

constexpr std::uint64_t kForm = 1;
constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
/// More than the tables of Purges can need is written anew.
constexpr std::size_t kMostRecords = 1'000'000;

struct Record {
  std::uint64_t sequence = 0;
  std::uint64_t kind_and_how = 0;
  std::uint64_t generation = 0;
  std::uint64_t site = 0;
  std::uint64_t name = 0;
  std::uint64_t prefix_bytes = 0;
  std::uint64_t checksum = 0;
};

std::uint64_t checksum_of(const Record& record) {
  return XXH3_64bits_withSeed(&record, offsetof(Record, checksum), kForm);
}

void append_record(std::string& to, const PurgeMark& mark, std::uint64_t sequence) {
  Record record{.sequence = sequence,
                .kind_and_how = static_cast<std::uint64_t>(mark.kind) << 8 |
                                static_cast<std::uint64_t>(mark.how),
                .generation = mark.generation,
                .site = mark.site,
                .name = mark.name,
                .prefix_bytes = mark.prefix_bytes};
  record.checksum = checksum_of(record);
  to.append(reinterpret_cast<const char*>(&record), sizeof(record));
}

Error system_error(const std::filesystem::path& file) {
  return Error(file.string(), std::string("cannot be written: ") + std::strerror(errno));
}

}  // namespace

/// What was torn at the end was never acknowledged, and comes again.
bool PurgeJournal::read(std::string_view bytes, Purges& purges) {
  for (; bytes.size() >= sizeof(Record); bytes.remove_prefix(sizeof(Record))) {
    Record record;
    std::memcpy(&record, bytes.data(), sizeof(record));
    const auto kind = record.kind_and_how >> 8;
    const auto how = record.kind_and_how & 0xff;
    if (record.checksum != checksum_of(record) ||
        kind > static_cast<std::uint64_t>(PurgeKind::tag) || how == 0 ||
        how > static_cast<std::uint64_t>(Purged::hard))
      return bytes.size() < 2 * sizeof(Record);
    purges.add({.kind = static_cast<PurgeKind>(kind),
                .how = static_cast<Purged>(how),
                .generation = record.generation,
                .site = record.site,
                .name = record.name,
                .prefix_bytes = static_cast<std::uint32_t>(record.prefix_bytes)});
    sequence_ = std::max(sequence_, record.sequence);
    ++records_;
  }
  return true;
}

Result<std::unique_ptr<PurgeJournal>> PurgeJournal::open(const std::filesystem::path& directory,
                                                         Purges& purges) {
  if (auto made = make_directory(directory); !made) return made.error();
  std::unique_ptr<PurgeJournal> journal(new PurgeJournal(directory / "purges", purges));
  std::error_code ignored;
  if (std::filesystem::exists(journal->file_, ignored)) {
    const auto bytes = read_file(journal->file_, kMostBytes);
    journal->whole_ = bytes && journal->read(*bytes, purges);
  } else {
    journal->whole_ = false;
  }
  if (auto written = journal->rewrite({}); !written) return written.error();
  return journal;
}

Result<void> PurgeJournal::begin_anew(std::span<const PurgeMark> marks, std::uint64_t sequence) {
  sequence_ = std::max(sequence_, sequence);
  return rewrite(marks);
}

Result<void> PurgeJournal::rewrite(std::span<const PurgeMark> more) {
  std::string bytes;
  const auto marks = purges_.marks();
  for (const auto& mark : marks) append_record(bytes, mark, sequence_);
  for (const auto& mark : more) append_record(bytes, mark, sequence_);
  records_ = marks.size() + more.size();
  return write_file_atomically(file_, bytes, 0600);
}

Result<void> PurgeJournal::append(std::span<const PurgeMark> marks, std::uint64_t sequence) {
  sequence_ = std::max(sequence_, sequence);
  if (records_ + marks.size() > kMostRecords)
    if (auto written = rewrite({}); !written) return written;
  std::string bytes;
  for (const auto& mark : marks) append_record(bytes, mark, sequence_);
  const int fd = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return system_error(file_);
  const bool written =
      ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
      ::fdatasync(fd) == 0;
  const auto result =
      written ? Result<void>(boost::system::in_place_value) : Result<void>(system_error(file_));
  ::close(fd);
  records_ += marks.size();
  return result;
}

}  // namespace meridian::edge::disk
