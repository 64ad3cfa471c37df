#include "geoip-data/database/database_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include "common/base/hash.h"
#include "common/disk/file.h"

namespace meridian {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 30;
constexpr std::uint64_t kMostManifest = 1 << 20;
constexpr const char* kCurrent = "current";
constexpr const char* kIncoming = "incoming";
constexpr const char* kManifest = "manifest";

std::string hash_text(std::string_view bytes) { return to_hex(sha256(bytes)); }

/// The name of a copy: its number, so that the order stays, and the name that it had.
std::string copy_name(std::size_t number, const std::filesystem::path& source) {
  auto digits = std::to_string(number);
  return std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits + "-" +
         source.filename().string();
}

}  // namespace

DatabaseStore::DatabaseStore(std::vector<std::filesystem::path> sources,
                             std::filesystem::path directory)
    : sources_(std::move(sources)), directory_(std::move(directory)) {}

Result<std::vector<std::filesystem::path>> DatabaseStore::files() const {
  return database_files(sources_);
}

Result<std::string> DatabaseStore::signature() const {
  const auto names = files();
  if (!names) return names.error();
  std::ostringstream text;
  for (const auto& source : sources_) text << source.string() << '\n';
  for (const auto& file : *names) {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) return Error(file, std::strerror(errno));
    text << file.string() << '|' << about.st_ino << '|' << about.st_size << '|'
         << about.st_mtim.tv_sec << '.' << about.st_mtim.tv_nsec << '\n';
  }
  return hash_text(text.str());
}

Result<DatabaseSet> DatabaseStore::open(const std::filesystem::path& directory) const {
  const auto manifest = read_file(directory / kManifest, kMostManifest);
  if (!manifest) return manifest.error();
  std::istringstream lines(*manifest);
  std::string sources;
  DatabaseSet set;
  set.directory = directory;
  set.identity = directory.filename();
  std::getline(lines, sources);
  std::getline(lines, set.signature);
  for (std::string name; std::getline(lines, name);) {
    auto database = GeoDatabase::open(directory / name);
    if (!database) return database.error();
    set.databases.push_back(std::move(*database));
  }
  std::string ours;
  for (const auto& source : sources_) ours += source.string() + "|";
  if (sources != hash_text(ours)) return Error(directory, "was made of other databases");
  return set;
}

Result<DatabaseSet> DatabaseStore::open_kept() const {
  if (sources_.empty()) return DatabaseSet{};
  const auto current = read_file(directory_ / kCurrent, kMostManifest);
  if (!current) return current.error();
  return open(directory_ / *current);
}

Result<DatabaseSet> DatabaseStore::copy() const {
  if (sources_.empty()) return DatabaseSet{};
  const auto before = signature();
  if (!before) return before.error();
  const auto names = files();
  if (!names) return names.error();
  if (auto made = make_directory(directory_); !made) return made.error();
  const auto incoming = directory_ / kIncoming;
  std::error_code error;
  std::filesystem::remove_all(incoming, error);
  if (auto made = make_directory(incoming); !made) return made.error();
  std::string manifest;
  std::string contents;
  std::string ours;
  for (const auto& source : sources_) ours += source.string() + "|";
  manifest = hash_text(ours) + "\n" + *before + "\n";
  for (std::size_t i = 0; i < names->size(); ++i) {
    const auto& source = names->at(i);
    const auto bytes = read_file(source, kMostBytes);
    if (!bytes) return bytes.error();
    const auto name = copy_name(i, source);
    if (auto written = write_file_atomically(incoming / name, *bytes, 0600); !written)
      return written.error();
    contents += hash_text(*bytes) + " " + name + "\n";
    manifest += name + "\n";
    // Now, while it is easy to say which file is wrong by its own name.
    if (const auto opened = GeoDatabase::open(incoming / name); !opened)
      return Error(source, opened.error().what);
  }
  const auto after = signature();
  if (!after || *after != *before) return Error("databases", "changed while they were read");
  if (auto written = write_file_atomically(incoming / kManifest, manifest, 0600); !written)
    return written.error();
  const auto target = directory_ / hash_text(contents).substr(0, 32);
  if (std::filesystem::exists(target,
                              error))  // the same contents: only where they came from is new
    std::filesystem::rename(incoming / kManifest, target / kManifest, error);
  else
    std::filesystem::rename(incoming, target, error);
  if (error) return Error(target, "cannot be made: " + error.message());
  return open(target);
}

Result<void> DatabaseStore::keep(const DatabaseSet& set) const {
  if (set.directory.empty()) return {};
  if (auto written = write_file_atomically(directory_ / kCurrent, set.identity, 0600); !written)
    return written.error();
  std::error_code error;
  std::vector<std::filesystem::path> older;  // read first: removing may disturb the reading
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error))
    if (entry.is_directory(error) && entry.path().filename() != set.identity)
      older.push_back(entry.path());
  for (const auto& path : older) std::filesystem::remove_all(path, error);
  return {};
}

Result<DatabaseSet> open_or_copy(const DatabaseStore& store) {
  if (auto kept = store.open_kept()) return kept;
  auto first = store.copy();
  if (!first) return first.error();
  if (auto kept = store.keep(*first); !kept) return kept.error();
  return first;
}

}  // namespace meridian
