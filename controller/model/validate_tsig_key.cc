#include "common/tsig/key.h"
#include "controller/model/check.h"

namespace meridian::control {

void check_tsig_key(Check& check, const v1::TsigKey& key) {
  const auto parsed = tsig::parse_key(check.resource().name(), key);
  if (!parsed) check.wrong(parsed.error().where, parsed.error().what);
  // Nobody uses it: what does nothing must not look as if it did.
  check.wrong("kind", "TsigKey is not part of this version; leave it out");
}

/// The controller makes it, whole and checked; what is left to say is that it belongs to a zone.
void check_zone_content(Check& check, const v1::ZoneContent&) {
  const auto* zone = check.overview().configuration.find(v1::KIND_ZONE, check.resource().name());
  if (zone == nullptr || zone->zone().primaries().empty())
    check.wrong("name", "there is no Zone of this name that has primaries");
}

}  // namespace meridian::control
