#include "common/config/tree.h"

namespace meridian::config {

void Tree::add(std::string key, Tree value) {
  keys.push_back(string(std::move(key)));
  items.push_back(std::move(value));
}

Tree Tree::plain(std::string text) {
  Tree tree;
  tree.type = Type::plain;
  tree.text = std::move(text);
  return tree;
}

Tree Tree::string(std::string text) {
  Tree tree;
  tree.type = Type::string;
  tree.text = std::move(text);
  return tree;
}

Tree Tree::list() {
  Tree tree;
  tree.type = Type::list;
  return tree;
}

Tree Tree::map() {
  Tree tree;
  tree.type = Type::map;
  return tree;
}

}  // namespace meridian::config
