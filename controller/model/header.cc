#include "controller/model/header.h"

#include <algorithm>
#include <array>
#include <span>

namespace meridian::control {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

constexpr std::array<std::string_view, 8> kOfConnection{
    "connection", "content-length", "keep-alive",        "proxy-connection",
    "te",         "trailer",        "transfer-encoding", "upgrade"};
constexpr std::array<std::string_view, 9> kToldByEdges{
    "via",      "forwarded",   "x-forwarded-for",   "x-forwarded-proto", "x-forwarded-host",
    "cdn-loop", "client-cert", "client-cert-chain", "meridian-peer"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view known) { return same_name(known, name); });
}

}  // namespace

bool is_token(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_of_connection(std::string_view name) { return contains(kOfConnection, name); }

bool is_told_by_edges(std::string_view name) { return contains(kToldByEdges, name); }

bool breaks_a_line(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; });
}

bool has_blank(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

}  // namespace meridian::control
