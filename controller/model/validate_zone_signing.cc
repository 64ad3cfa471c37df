#include <chrono>

#include "controller/model/check.h"

namespace meridian::control {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

void check_times(Check& check, const v1::ZoneSigning& signing) {
  const auto within = [&check](const char* field, bool given,
                               const google::protobuf::Duration& value,
                               std::chrono::milliseconds least, std::chrono::milliseconds most) {
    if (given)
      check.duration(std::string("spec.signing.") + field, value,
                     {.least = least, .most = most, .whole_seconds = true});
  };
  constexpr hours kMonth{24 * 30};
  constexpr hours kTenYears{24 * 3650};
  within("zsk_lifetime", signing.has_zsk_lifetime(), signing.zsk_lifetime(), hours(1), kTenYears);
  within("ksk_lifetime", signing.has_ksk_lifetime(), signing.ksk_lifetime(), hours(1), kTenYears);
  within("parent_ds_ttl", signing.has_parent_ds_ttl(), signing.parent_ds_ttl(), seconds(0), kMonth);
  within("rollover_margin", signing.has_rollover_margin(), signing.rollover_margin(), seconds(0),
         kMonth);
  within("signature_lifetime", signing.has_signature_lifetime(), signing.signature_lifetime(),
         hours(24), hours(24 * 90));
}

}  // namespace

void check_zone_signing(Check& check, const v1::Zone& zone) {
  const auto& signing = zone.signing();
  check_times(check, signing);
  if (signing.has_zsk_lifetime() && !signing.split_keys())
    check.wrong("spec.signing.zsk_lifetime", "there is a ZSK only with `split_keys: true`");
  if (signing.delete_ds() && !zone.sign())
    check.wrong("spec.signing.delete_ds",
                "only a signed zone can ask for it: once the parent zone has no DS record, leave "
                "it out together with `sign`");
}

}  // namespace meridian::control
