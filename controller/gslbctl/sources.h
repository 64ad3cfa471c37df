#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "common/config/documents.h"
#include "controller/gslbctl/outcome.h"

namespace meridian::gslbctl {

/// All documents of files, of the *.yaml, *.yml and *.json files directly in directories (in the
/// order of their names), and of `in` for "-". A Failure lists every mistake with file and line;
/// finding nothing at all is one.
Answer<std::vector<config::Document>> read_sources(const std::vector<std::string>& paths,
                                                   std::istream& in);

}  // namespace meridian::gslbctl
