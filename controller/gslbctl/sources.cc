#include "controller/gslbctl/sources.h"

#include <algorithm>
#include <filesystem>
#include <istream>
#include <iterator>

#include "common/disk/file.h"

namespace meridian::gslbctl {
namespace {

constexpr std::uint64_t kMostBytes = 16 << 20;

bool is_document(const std::filesystem::directory_entry& entry) {
  const auto extension = entry.path().extension();
  std::error_code ignored;
  return entry.is_regular_file(ignored) &&
         (extension == ".yaml" || extension == ".yml" || extension == ".json");
}

Answer<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code failed;
  if (path == "-" || !std::filesystem::is_directory(path, failed)) return std::vector{path};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path, failed))
    if (is_document(entry)) files.push_back(entry.path().string());
  if (failed) return usage(path + ": " + failed.message());
  if (files.empty()) return usage(path + ": holds no *.yaml, *.yml or *.json file");
  std::sort(files.begin(), files.end());
  return files;
}

Answer<std::string> text_of(const std::string& file, std::istream& in) {
  if (file == "-") {
    std::string text;
    for (char block[65536]; in.read(block, sizeof block) || in.gcount() > 0;) {
      text.append(block, static_cast<std::size_t>(in.gcount()));
      if (text.size() > kMostBytes) return usage("standard input: is larger than 16 MiB");
    }
    return text;
  }
  auto text = read_file(file, kMostBytes);
  if (!text) return usage(text.error().text());
  return std::move(*text);
}

}  // namespace

Answer<std::vector<config::Document>> read_sources(const std::vector<std::string>& paths,
                                                   std::istream& in) {
  std::vector<config::Document> documents;
  std::string mistakes;
  for (const auto& path : paths) {
    const auto files = files_of(path);
    if (!files) return files.error();
    for (const auto& file : *files) {
      const auto text = text_of(file, in);
      if (!text) return text.error();
      auto read = config::parse_documents(*text, file == "-" ? "(standard input)" : file);
      for (const auto& error : read.errors) mistakes += "\n" + error.text();
      std::move(read.documents.begin(), read.documents.end(), std::back_inserter(documents));
    }
  }
  if (!mistakes.empty()) return refused("refused, nothing was changed:" + mistakes);
  if (documents.empty()) return usage("there is no document in " + paths.front());
  return documents;
}

}  // namespace meridian::gslbctl
