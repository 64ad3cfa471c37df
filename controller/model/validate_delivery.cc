// What a site's answers carry, and how they are written.
#include <algorithm>
#include <array>

#include "controller/model/check.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

using std::chrono::hours;

constexpr hours kYear{24 * 365};
constexpr hours kMostHsts{2 * 24 * 365};
constexpr int kMostTypes = 64;
constexpr int kMostPaths = 64;
constexpr std::array<std::string_view, 3> kCodings{"zstd", "br", "gzip"};

/// What the makers of browsers ask of a site on their list (hstspreload.org).
void check_hsts(Check& check, const v1::Hsts& hsts) {
  const auto max_age = hours(1) * (hsts.has_max_age() ? hsts.max_age().seconds() / 3600 : 8760);
  if (hsts.has_max_age() &&
      !check.duration("spec.hsts.max_age", hsts.max_age(),
                      {.least = {}, .most = kMostHsts, .whole_seconds = true}))
    return;
  if (!hsts.preload()) return;
  if (!hsts.include_subdomains())
    check.wrong("spec.hsts.preload", "needs include_subdomains: true");
  if (max_age < kYear) check.wrong("spec.hsts.preload", "needs a max_age of 8760h or more");
}

void check_media_type(Check& check, const std::string& field, const std::string& text) {
  const auto slash = text.find('/');
  const auto type = std::string_view(text).substr(0, slash);
  const auto subtype =
      slash == std::string::npos ? std::string_view() : std::string_view(text).substr(slash + 1);
  if (text.find(';') != std::string::npos)
    check.wrong(field, in_quotes(text) + ": media types stand here without parameters");
  else if (!is_token(type) || !is_token(subtype) || text.size() > kMostFieldName)
    check.wrong(field, in_quotes(text) + " is not a media type such as text/html");
  else if (type.find('*') != std::string_view::npos ||
           (subtype != "*" && subtype.find('*') != std::string_view::npos))
    check.wrong(field, in_quotes(text) + ": '*' stands for all of a kind only, as in text/*");
}

void check_compression(Check& check, const v1::Compression& compression) {
  const std::string field = "spec.compression.";
  for (int i = 0; i < compression.codings_size(); ++i) {
    const auto& coding = compression.codings(i);
    if (std::find(kCodings.begin(), kCodings.end(), coding) == kCodings.end())
      check.wrong(Check::item(field + "codings", i),
                  in_quotes(coding) + " is not zstd, br or gzip");
    check.repeated(field + "codings", compression.codings(), i);
  }
  check.most(field + "types", compression.types_size(), kMostTypes);
  for (int i = 0; i < compression.types_size(); ++i) {
    check_media_type(check, Check::item(field + "types", i), compression.types(i));
    check.repeated(field + "types", compression.types(), i);
  }
  check.most(field + "except_paths", compression.except_paths_size(), kMostPaths);
  for (int i = 0; i < compression.except_paths_size(); ++i) {
    check.path_pattern(Check::item(field + "except_paths", i), compression.except_paths(i));
    check.repeated(field + "except_paths", compression.except_paths(), i);
  }
}

}  // namespace

void check_delivery(Check& check, const v1::Site& site) {
  if (site.has_hsts()) check_hsts(check, site.hsts());
  if (site.has_compression()) check_compression(check, site.compression());
}

}  // namespace meridian::control
