#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/config/documents.h"
#include "meridian/v1/admin.pb.h"

/// What somebody who applies documents should know though they are accepted. Pure.
namespace meridian::gslbctl {

/// "Certificate shop expired on 2026-11-23 20:11:33Z", for each that is not valid at `now`.
std::vector<std::string> certificate_warnings(const std::vector<config::Document>& documents,
                                              WallTime now);

/// "puts edge-par-1 back into service: ...", for each Node that `applied` says was drained, and
/// whose document takes that from it without a word.
std::vector<std::string> service_warnings(const std::vector<config::Document>& documents,
                                          const v1::ApplyResponse& applied);

/// Names of the Rules among documents.
std::set<std::string> rules_of(const std::vector<config::Document>& documents);

/// "no site names Rule x: it does nothing yet", for each Rule among documents that neither a Site
/// among them names nor one of `sites` that they do not replace.
std::vector<std::string> rule_warnings(const std::vector<config::Document>& documents,
                                       const std::vector<v1::Resource>& sites);

}  // namespace meridian::gslbctl
