#include "common/snapshot/disk.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/base/hash.h"
#include "common/disk/file.h"

namespace meridian {
namespace {

constexpr std::string_view kMagic = "MRDNSNP1";
constexpr std::string_view kSuffix = ".snapshot";
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMostMarkBytes = 256;
constexpr std::size_t kHeaderBytes = kMagic.size() + std::tuple_size_v<Sha256>;

/// The revision in a name such as "00000000000000000007.snapshot"; none for other files.
std::optional<Revision> revision_of(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  if (!name.ends_with(kSuffix)) return std::nullopt;
  Revision revision;
  const auto* end = name.data() + name.size() - kSuffix.size();
  const auto [stop, error] = std::from_chars(name.data(), end, revision.value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return revision;
}

/// What is known of a snapshot besides its content, as words in a file beside it: "good", or
/// "bad by VERSION", or "trials N by VERSION"; then "as REVISION" for a newer one that it stands
/// for.
struct Mark {
  bool good = false;
  bool bad = false;
  int trials = 0;
  std::string version;  // whose trials, or who found it bad; empty: one that did not say
  Revision stands_for;
};

Mark read_mark(const std::filesystem::path& path) {
  Mark mark;
  const auto text = read_file(path, kMostMarkBytes);
  if (!text) return mark;
  std::istringstream words(*text);
  for (std::string word; words >> word;) {
    if (word == "good") mark.good = true;
    if (word == "bad") mark.bad = true;
    if (word == "trials") words >> mark.trials;
    if (word == "by") words >> mark.version;
    if (word == "as") words >> mark.stands_for.value;
  }
  return mark;
}

Result<void> write_mark(const std::filesystem::path& path, const Mark& mark) {
  std::string text = "good";
  if (!mark.good)
    text = (mark.bad ? "bad" : "trials " + std::to_string(mark.trials)) + " by " + mark.version;
  if (mark.stands_for != Revision{}) text += " as " + std::to_string(mark.stands_for.value);
  return write_file_atomically(path, text, 0600);
}

}  // namespace

Result<SnapshotDisk> SnapshotDisk::open(std::filesystem::path directory, std::string version) {
  if (auto made = make_directory(directory); !made) return made.error();
  SnapshotDisk disk(std::move(directory), std::move(version));
  for (const auto& stored : disk.stored())
    if (auto loaded = disk.load(stored.revision); !loaded)
      disk.damaged_.push_back(loaded.error().text());
  return disk;
}

std::filesystem::path SnapshotDisk::file(Revision revision) const {
  auto digits = std::to_string(revision.value);
  digits.insert(0, 20 - digits.size(), '0');  // so that names sort as revisions do
  return directory_ / (digits + std::string(kSuffix));
}

std::filesystem::path SnapshotDisk::mark(Revision revision) const {
  auto path = file(revision);
  return path.replace_extension(".mark");
}

std::vector<SnapshotDisk::Stored> SnapshotDisk::stored() const {
  std::vector<Stored> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const auto revision = revision_of(entry.path());
    if (!revision) continue;
    auto& stored = found.emplace_back();
    stored.revision = *revision;
    const auto known = read_mark(mark(*revision));
    stored.stands_for = std::max(*revision, known.stands_for);
    stored.good = known.good;
    if (known.version == version_) stored.trials = known.bad ? kMaxTrials : known.trials;
  }
  std::sort(found.begin(), found.end(), [](const Stored& a, const Stored& b) {
    return std::pair(a.stands_for, a.revision) > std::pair(b.stands_for, b.revision);
  });
  return found;
}

Result<v1::Snapshot> SnapshotDisk::load(Revision revision) const {
  const auto path = file(revision);
  auto bytes = read_file(path, kMostBytes);
  if (!bytes) return bytes.error();
  const std::string_view all(*bytes);
  if (all.size() < kHeaderBytes || !all.starts_with(kMagic))
    return Error(path.string(), "is damaged: it is not a snapshot file");
  const auto body = all.substr(kHeaderBytes);
  const auto digest = sha256(body);
  if (std::memcmp(digest.data(), all.data() + kMagic.size(), digest.size()) != 0)
    return Error(path.string(), "is damaged: its checksum is wrong");
  v1::Snapshot snapshot;
  if (!snapshot.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return Error(path.string(), "is damaged: it does not parse");
  if (snapshot.revision() != revision.value)
    return Error(path.string(), "holds revision " + std::to_string(snapshot.revision()) +
                                    ", not the one it is named after");
  return snapshot;
}

Result<void> SnapshotDisk::save(const v1::Snapshot& snapshot) {
  const Revision revision{snapshot.revision()};
  const auto body = snapshot.SerializeAsString();
  const auto digest = sha256(body);
  std::string bytes(kMagic);
  bytes.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  bytes += body;
  std::error_code ignored;
  std::filesystem::remove(mark(revision), ignored);  // new content is on trial anew
  // Edges' snapshots hold private keys: nobody else reads them.
  if (auto written = write_file_atomically(file(revision), bytes, 0600); !written) return written;
  prune();
  return {};
}

Result<bool> SnapshotDisk::begin_trial(Revision revision) {
  for (const auto& stored : stored()) {
    if (stored.revision != revision) continue;
    if (stored.good) return true;
    if (stored.trials >= kMaxTrials) return false;
    if (auto counted = set_trials(stored, stored.trials + 1); !counted) return counted.error();
    return true;
  }
  return Error("snapshots", "revision " + std::to_string(revision.value) + " is not stored");
}

Result<void> SnapshotDisk::end_trial(Revision revision) {
  for (const auto& stored : stored())
    if (stored.revision == revision && !stored.good && stored.trials > 0 &&
        stored.trials <= kMaxTrials)
      return set_trials(stored, stored.trials - 1);
  return {};
}

Result<void> SnapshotDisk::set_trials(const Stored& stored, int trials) {
  return write_mark(mark(stored.revision),
                    {.trials = trials, .version = version_, .stands_for = stored.stands_for});
}

Result<void> SnapshotDisk::mark_good(Revision revision) {
  const auto stands_for = read_mark(mark(revision)).stands_for;
  return write_mark(mark(revision), {.good = true, .version = {}, .stands_for = stands_for});
}

Result<void> SnapshotDisk::mark_bad(Revision revision) {
  const auto stands_for = read_mark(mark(revision)).stands_for;
  return write_mark(mark(revision), {.bad = true, .version = version_, .stands_for = stands_for});
}

Result<void> SnapshotDisk::stand_for(Revision revision, Revision newest) {
  auto known = read_mark(mark(revision));
  known.stands_for = newest;
  return write_mark(mark(revision), known);
}

void SnapshotDisk::prune() {
  // The newest few stay; beyond them the newest good one, however old: it is the way back.
  std::size_t kept = 0;
  bool good_kept = false;
  for (const auto& stored : stored()) {
    const bool keep = kept < kKept || (stored.good && !good_kept);
    if (keep) {
      ++kept;
      good_kept = good_kept || stored.good;
      continue;
    }
    std::error_code ignored;
    std::filesystem::remove(file(stored.revision), ignored);
    std::filesystem::remove(mark(stored.revision), ignored);
  }
}

}  // namespace meridian
