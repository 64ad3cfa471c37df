#include <algorithm>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "common/config/tree.h"
#include "common/config/utf8.h"

namespace meridian::config {
namespace {

constexpr std::size_t kMostBytes = 16 << 20;
constexpr std::size_t kMostDocuments = 100'000;
constexpr std::size_t kMostNodes = 4'000'000;
constexpr std::size_t kDeepest = 64;

std::string line_text(int line) { return std::to_string(std::max(line, 1)); }

/// Thrown through yaml-cpp to end its reading; caught in read_yaml().
struct Refused {
  int line;
  std::string what;
};

/// Builds one document from the parser's events. yaml-cpp's own nodes would share what an alias
/// names, so that a small text could stand for a huge tree; here there are no aliases at all.
class Builder : public YAML::EventHandler {
 public:
  /// The document, once its events are over.
  Tree take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {
    root_ = Tree{};
    open_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    put(Tree{}, mark, "", anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark.line + 1, "aliases (*name) are not allowed; write it out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "!" is the parser's word for quoted text, "?" for plain.
    const bool quoted = tag == "!";
    put(quoted ? Tree::string(value) : Tree::plain(value), mark, tag, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(put(Tree::list(), mark, tag, anchor), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(put(Tree::map(), mark, tag, anchor), mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  void open(Tree& tree, const YAML::Mark& mark) {
    if (open_.size() == kDeepest) throw Refused{mark.line + 1, "is nested too deeply"};
    open_.push_back(&tree);
  }

  Tree& put(Tree tree, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) throw Refused{mark.line + 1, "anchors (&name) are not allowed"};
    if (++nodes_ > kMostNodes) throw Refused{mark.line + 1, "there are too many values"};
    tree.line = mark.line + 1;
    if (tag != "!" && tag != "?") tree.tag = tag;
    if (open_.empty()) return root_ = std::move(tree);
    auto& parent = *open_.back();
    if (parent.type == Tree::Type::list) return parent.items.emplace_back(std::move(tree));
    if (parent.keys.size() > parent.items.size()) {
      // The parser sees that there is no value only when the next token comes.
      if (tree.type == Tree::Type::null) tree.line = parent.keys.back().line;
      return parent.items.emplace_back(std::move(tree));
    }
    if (!tree.is_scalar()) throw Refused{tree.line, "a key must be a word"};
    return parent.keys.emplace_back(std::move(tree));
  }

  Tree root_;
  // Of the children's vectors only the last element is open, so these stay valid: a vector grows
  // only when its last element is complete.
  std::vector<Tree*> open_;
  std::size_t nodes_ = 0;
};

/// What YAML does not allow (YAML 1.2 section 5.1), and where yaml-cpp would stop in silence.
Result<void> check_characters(std::string_view text) {
  for (int number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    for (const char c : line)
      if ((static_cast<unsigned char>(c) < ' ' && c != '\r' && c != '\t') || c == 0x7f)
        return Error(line_text(number), "has a control character in it; is this a text file?");
    if (!is_utf8(line)) return Error(line_text(number), "is not UTF-8; is this a text file?");
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

}  // namespace

Trees read_yaml(std::string_view text) {
  Trees trees;
  if (text.size() > kMostBytes) {
    trees.errors.emplace_back("1", "is larger than 16 MiB");
    return trees;
  }
  if (const auto good = check_characters(text); !good) {
    trees.errors.push_back(good.error());
    return trees;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder;
    while (parser.HandleNextDocument(builder)) {
      auto document = builder.take();
      if (document.type == Tree::Type::null) continue;
      if (trees.documents.size() == kMostDocuments)
        throw Refused{document.line, "there are more than 100000 documents"};
      trees.documents.push_back(std::move(document));
    }
  } catch (const Refused& refused) {
    trees.errors.emplace_back(line_text(refused.line), refused.what);
  } catch (const YAML::Exception& exception) {
    trees.errors.emplace_back(line_text(exception.mark.line + 1), "is not YAML: " + exception.msg);
  }
  return trees;
}

}  // namespace meridian::config
