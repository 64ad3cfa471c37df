#pragma once

#include <string>
#include <vector>

#include "common/config/documents.h"
#include "controller/gslbctl/terminal.h"
#include "meridian/v1/admin.pb.h"

/// Changes and refusals as text.
namespace meridian::gslbctl {

/// "Site www".
std::string key_text(const v1::ResourceKey& key);
/// "Site www: spec.rules[0]: there is no Rule 'x'".
std::string violation_text(const v1::Violation& violation);
/// The same, with "file:line: " in front where the resource came from a file.
std::string violation_text(const v1::Violation& violation,
                           const std::vector<config::Document>& documents);

/// "created Site www", in the past tense or as what would be.
enum class Tense { past, conditional };
std::string change_text(const v1::Change& change, Tense tense);

/// What a change does to the resource's document: a heading, then the lines that go (-), come (+)
/// and stay, with three lines around each.
std::string change_diff(const v1::Change& change, bool colours);

}  // namespace meridian::gslbctl
