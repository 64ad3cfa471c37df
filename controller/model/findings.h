#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "controller/model/configuration.h"

namespace meridian::control {

/// What validate() has found so far; bounded, so that one wrong generator does not make an answer
/// of megabytes.
class Findings {
 public:
  static constexpr std::size_t kMost = 100;

  bool full() const { return found_.size() >= kMost; }

  void add(const ResourceId& resource, std::string field, std::string reason) {
    if (full()) return;
    auto& violation = found_.emplace_back();
    violation.mutable_resource()->set_kind(resource.first);
    violation.mutable_resource()->set_name(resource.second);
    violation.set_field(std::move(field));
    violation.set_reason(std::move(reason));
  }

  std::vector<v1::Violation> take() { return std::move(found_); }

 private:
  std::vector<v1::Violation> found_;
};

}  // namespace meridian::control
