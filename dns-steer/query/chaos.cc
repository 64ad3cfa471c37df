#include "dns-steer/query/chaos.h"

#include <algorithm>
#include <string_view>

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

bool is_name(const LookupName& name, std::string_view wire) {
  const auto ours = name.suffix(0);
  return std::equal(ours.begin(), ours.end(), wire.begin(), wire.end(),
                    [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

// With the root's zero octet, which the literals' own stands for.
constexpr std::string_view kIdServer{"\x02id\x06server", 11};
constexpr std::string_view kHostnameBind{
    "\x08hostname\x04"
    "bind",
    15};
constexpr std::string_view kVersionBind{
    "\x07version\x04"
    "bind",
    14};
constexpr std::string_view kVersionServer{"\x07version\x06server", 16};

std::string_view text_for(const LookupName& name, const AnswerSettings& settings) {
  if (is_name(name, kIdServer) || is_name(name, kHostnameBind)) return settings.chaos_id;
  if (is_name(name, kVersionBind) || is_name(name, kVersionServer)) return settings.chaos_version;
  return {};
}

}  // namespace

void answer_chaos(const Query& query, const AnswerSettings& settings, Assembler& message) {
  const auto text = text_for(query.name, settings);
  if (text.empty() || query.type != rr::kTxt)
    return message.set_rcode(Rcode::refused, ExtendedError::prohibited);
  message.set_authoritative();
  message.add_text(kQuestionOffset, kClassChaos, 0, text);
}

}  // namespace meridian::dns
