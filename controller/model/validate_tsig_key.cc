#include "common/tsig/key.h"
#include "controller/model/check.h"

namespace meridian::control {

void check_tsig_key(Check& check, const v1::TsigKey& key) {
  const auto parsed = tsig::parse_key(check.resource().name(), key);
  if (!parsed) check.wrong(parsed.error().where, parsed.error().what);
}

}  // namespace meridian::control
