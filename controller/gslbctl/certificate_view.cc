#include "controller/gslbctl/certificate_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/tls/certificate.h"

namespace meridian::gslbctl {
namespace {

constexpr std::chrono::hours kSoon{14 * 24};
constexpr std::size_t kMostRows = 10;

/// What there is to say of a certificate, and the time of which it speaks.
struct Notice {
  WallTime time;
  Cell text;
};

/// Nothing: it is valid for long, or cannot be read.
std::optional<Notice> notice_of(const v1::Certificate& certificate, WallTime now) {
  const auto chain = tls::parse_chain(certificate.chain_pem());
  if (!chain) return std::nullopt;
  const auto from = tls::not_before(*chain->front());
  const auto until = tls::not_after(*chain->front());
  if (until < now) return Notice{until, {"expired on " + time_text(until), Tone::bad}};
  if (now < from) return Notice{from, {"is not valid before " + time_text(from), Tone::bad}};
  if (until < now + kSoon) return Notice{until, {"expires on " + time_text(until), Tone::doubtful}};
  return std::nullopt;
}

}  // namespace

std::string not_valid(const v1::Certificate& certificate, WallTime now) {
  const auto notice = notice_of(certificate, now);
  return notice && notice->text.tone == Tone::bad ? notice->text.text : "";
}

std::string expiry_text(const std::vector<v1::Resource>& certificates, WallTime now, bool colours) {
  std::vector<std::pair<std::string, Notice>> notices;
  for (const auto& resource : certificates)
    if (auto notice = notice_of(resource.certificate(), now))
      notices.emplace_back(resource.name(), std::move(*notice));
  if (notices.empty()) return "";
  std::stable_sort(notices.begin(), notices.end(),
                   [](const auto& a, const auto& b) { return a.second.time < b.second.time; });
  Table table{{"CERTIFICATE", "VALIDITY"}, {}};
  const auto shown = std::min(notices.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i)
    table.rows.push_back({notices[i].first, notices[i].second.text});
  auto text = table.text(colours);
  if (notices.size() > shown) text += "and " + std::to_string(notices.size() - shown) + " more\n";
  return text;
}

}  // namespace meridian::gslbctl
