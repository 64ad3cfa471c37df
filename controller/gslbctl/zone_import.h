#pragma once

#include <string>
#include <vector>

#include "common/config/documents.h"
#include "common/zone/master_file.h"
#include "meridian/v1/config.pb.h"

namespace meridian::gslbctl {

/// What importing a master file makes of a zone.
struct ZoneImport {
  config::Document document;          // the Zone, its records at their lines of the file
  std::vector<std::string> left_out;  // of the file: a sentence each
};

/// The Zone that `file` stands for. `held`, if there is one of this name, keeps what a master file
/// cannot say, and how it says what both say. Addresses and CNAMEs at hostnames of `sites` are left
/// out: steering answers there. Pure.
ZoneImport zone_import(const zone::MasterFile& file, const std::string& path,
                       const v1::Resource* held, const std::vector<v1::Resource>& sites);

/// A line for each hostname of `sites` within the zone: who answers there.
std::vector<std::string> steered_remarks(const std::string& zone,
                                         const std::vector<v1::Resource>& sites);

}  // namespace meridian::gslbctl
