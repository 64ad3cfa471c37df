#include "common/config/documents.h"

#include <filesystem>

#include "common/base/nearest.h"
#include "common/config/message.h"
#include "common/disk/file.h"

namespace meridian::config {
namespace {

constexpr std::size_t kMostErrors = 100;
constexpr std::uint64_t kMostFileBytes = 1 << 20;  // of what `!file` reads

const google::protobuf::FieldDescriptor* spec_field(v1::Kind kind) {
  return v1::Resource::descriptor()->FindFieldByNumber(kind);
}

std::string unknown_kind(std::string_view text) {
  const auto& specs = *v1::Resource::descriptor()->FindOneofByName("spec");
  std::vector<std::string_view> names;
  std::string all;
  for (int i = 0; i < specs.field_count(); ++i) {
    names.emplace_back(specs.field(i)->message_type()->name());
    all += (i == 0 ? "" : ", ") + std::string(names.back());
  }
  const auto advice = did_you_mean(text, names);
  return "'" + std::string(text.substr(0, 60)) + "' is no kind" +
         (advice.empty() ? "; the kinds are " + all : advice);
}

/// Reads `kind`, `name`, `spec` of one document.
class DocumentReader {
 public:
  DocumentReader(const Tree& tree, MessageReader& reader) : tree_(tree), reader_(reader) {}

  v1::Resource read() {
    v1::Resource resource;
    if (tree_.type != Tree::Type::map) {
      reader_.wrong(tree_.line, "", "a document is a map with kind, name and spec");
      return resource;
    }
    if (!find_parts()) return resource;
    const auto kind = read_kind();
    if (name_ == nullptr)
      reader_.wrong(tree_.line, "name", "is missing");
    else if (!name_->is_scalar() || !name_->tag.empty())
      reader_.wrong(name_->line, "name", "expected text");
    else
      resource.set_name(name_->text);
    if (kind == v1::KIND_UNSPECIFIED) return resource;

    auto& spec = *resource.GetReflection()->MutableMessage(&resource, spec_field(kind));
    if (spec_ == nullptr)
      reader_.wrong(tree_.line, "spec", "is missing; write {} for all defaults");
    else if (spec_->type != Tree::Type::map)
      reader_.wrong(spec_->line, "spec", "expected a map of fields; write {} for all defaults");
    else
      reader_.read(*spec_, "spec", spec);
    return resource;
  }

 private:
  bool find_parts() {
    bool good = true;
    for (std::size_t i = 0; i < tree_.items.size(); ++i) {
      const auto& key = tree_.keys[i];
      const Tree** part = key.text == "kind"   ? &kind_
                          : key.text == "name" ? &name_
                          : key.text == "spec" ? &spec_
                                               : nullptr;
      if (part == nullptr) {
        constexpr std::string_view kParts[]{"kind", "name", "spec"};
        const auto advice = did_you_mean(key.text, kParts);
        reader_.wrong(
            key.line, key.text,
            "is no field of a document" + (advice.empty() ? "; it has kind, name, spec" : advice));
        good = false;
      } else if (*part != nullptr) {
        reader_.wrong(key.line, key.text, "stands twice; begin each document with a line `---`");
        good = false;
      } else {
        *part = &tree_.items[i];
        reader_.lines()[key.text] = key.line;
      }
    }
    return good;
  }

  v1::Kind read_kind() {
    if (kind_ == nullptr) {
      reader_.wrong(tree_.line, "kind", "is missing");
      return v1::KIND_UNSPECIFIED;
    }
    const auto kind = kind_->is_scalar() ? parse_kind(kind_->text) : v1::KIND_UNSPECIFIED;
    if (kind == v1::KIND_UNSPECIFIED) reader_.wrong(kind_->line, "kind", unknown_kind(kind_->text));
    return kind;
  }

  const Tree& tree_;
  MessageReader& reader_;
  const Tree* kind_ = nullptr;
  const Tree* name_ = nullptr;
  const Tree* spec_ = nullptr;
};

Error place(const std::string& file, const MessageReader::Problem& problem) {
  auto where = file + ":" + std::to_string(problem.line);
  if (!problem.path.empty()) where += ": " + problem.path;
  return Error(std::move(where), problem.what);
}

}  // namespace

std::string Document::where(std::string_view field) const {
  while (!field.empty()) {
    if (const auto known = lines.find(std::string(field)); known != lines.end())
      return file + ":" + std::to_string(known->second);
    const auto parent = field.find_last_of(".[");
    field = field.substr(0, parent == std::string_view::npos ? 0 : parent);
  }
  return file + ":" + std::to_string(line);
}

Documents parse_documents(std::string_view text, const std::string& file) {
  Documents result;
  const auto read_file = [&](const std::string& path) {
    // An absolute path stands for itself.
    return meridian::read_file(std::filesystem::path(file).parent_path() / path, kMostFileBytes);
  };
  auto trees = read_yaml(text);
  for (const auto& tree : trees.documents) {
    MessageReader reader(read_file);
    Document document;
    document.resource = DocumentReader(tree, reader).read();
    for (const auto& problem : reader.problems()) {
      if (result.errors.size() == kMostErrors) return result;
      result.errors.push_back(place(file, problem));
    }
    if (!reader.problems().empty()) continue;
    document.file = file;
    document.line = tree.line;
    document.lines = std::move(reader.lines());
    result.documents.push_back(std::move(document));
  }
  for (const auto& error : trees.errors)
    result.errors.emplace_back(file + ":" + error.where, error.what);
  return result;
}

std::string to_yaml(const v1::Resource& resource) { return write_yaml(to_tree(resource)); }

std::string to_json(const v1::Resource& resource) { return write_json(to_tree(resource)); }

}  // namespace meridian::config
