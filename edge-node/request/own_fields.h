#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meridian::edge {

/// Names of the header fields of requests that a site decides on by itself: its rules change them,
/// or its keys are made of them. Visitors do not get past that with another spelling of a name, or
/// with a trailer. Letter case does not count.
class OwnFields {
 public:
  void add(std::string_view name);

  /// It has underscores where one of them has hyphens, as many programs take it for that one; and
  /// it is none of them itself.
  bool has_twin_of(std::string_view name) const;
  /// In either spelling.
  bool has(std::string_view name) const;

 private:
  // In lower case and in order: as they are written, and with hyphens for underscores.
  std::vector<std::string> names_, hyphenated_;
};

}  // namespace meridian::edge
