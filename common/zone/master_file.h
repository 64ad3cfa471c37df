#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "meridian/v1/config.pb.h"

/// Master files (RFC 1035 section 5, RFC 2308 section 4): a zone as text that every name server
/// reads.
namespace meridian::zone {

/// The most octets of a file.
inline constexpr std::size_t kMostMasterFileOctets = std::size_t{48} << 20;

/// A file, read.
struct MasterFile {
  std::string name;                   // of the zone, lower case, without the dot at the end
  v1::Zone zone;                      // as zone_contents() says
  std::vector<int> lines;             // of each of the Zone's `records`, where it began
  std::vector<std::string> left_out;  // what a Zone does not hold: a sentence each
  std::vector<Error> errors;          // not empty: the rest counts for nothing; "file:line" each
};

/// Reads a whole zone. `name`: the zone's, and the first origin; empty: the owner of the file's
/// SOA, and names relative to nothing are errors until the file gives an $ORIGIN. $INCLUDE and
/// $GENERATE are refused. Of errors the first twenty are told. Never reads another file; pure.
MasterFile read_master_file(std::string_view text, const std::string& file,
                            const std::string& name);

/// Back: a file that read_master_file() makes the same Zone of. Each of `remarks` becomes a line of
/// comment at its beginning. The Error names a field that is wrong. Pure.
Result<std::string> write_master_file(const std::string& name, const v1::Zone& zone,
                                      const std::vector<std::string>& remarks);

}  // namespace meridian::zone
