#include "common/tls/identity.h"

#include <algorithm>
#include <array>

#include "common/disk/file.h"
#include "common/tls/certificate.h"

namespace meridian::tls {
namespace {

constexpr std::uint64_t kMostPemBytes = 256 * 1024;
constexpr std::string_view kScheme = "spiffe://";
constexpr std::array kRoles{v1::ROLE_DNS, v1::ROLE_EDGE, v1::ROLE_CONTROLLER, v1::ROLE_ADMIN};

bool is_hex(std::string_view text, std::size_t bytes) {
  return text.size() == bytes * 2 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::string_view role_text(v1::Role role) {
  switch (role) {
    case v1::ROLE_DNS:
      return "dns";
    case v1::ROLE_EDGE:
      return "edge";
    case v1::ROLE_CONTROLLER:
      return "controller";
    case v1::ROLE_ADMIN:
      return "admin";
    default:
      return "unspecified";
  }
}

std::string PeerName::uri() const {
  return std::string(kScheme) + trust_domain + "/" + std::string(role_text(role)) + "/" + name;
}

Result<PeerName> parse_peer_name(std::string_view uri) {
  const Error wrong("'" + std::string(uri) + "' does not name a peer: spiffe://DOMAIN/ROLE/NAME");
  if (!uri.starts_with(kScheme)) return wrong;
  uri.remove_prefix(kScheme.size());
  const auto first = uri.find('/');
  if (first == 0 || first == std::string_view::npos) return wrong;
  const auto second = uri.find('/', first + 1);
  if (second == std::string_view::npos || second + 1 == uri.size()) return wrong;
  const auto role = uri.substr(first + 1, second - first - 1);
  const auto name = uri.substr(second + 1);
  if (name.find('/') != std::string_view::npos) return wrong;
  for (const auto candidate : kRoles)
    if (role_text(candidate) == role)
      return PeerName{std::string(uri.substr(0, first)), candidate, std::string(name)};
  return wrong;
}

Result<PeerName> Identity::name() const {
  const auto chain = parse_chain(chain_pem);
  if (!chain) return chain.error();
  for (const auto& uri : uri_names(*chain->front()))
    if (auto name = parse_peer_name(uri)) return name;
  return Error("the certificate names no peer of a Meridian control plane");
}

Result<WallTime> Identity::expires() const {
  const auto chain = parse_chain(chain_pem);
  if (!chain) return chain.error();
  return not_after(*chain->front());
}

Result<std::optional<Identity>> load_identity(const std::filesystem::path& directory) {
  Identity identity;
  const std::array<std::pair<const char*, std::string*>, 3> files{
      {{"chain.pem", &identity.chain_pem},
       {"key.pem", &identity.key_pem},
       {"ca.pem", &identity.ca_pem}}};
  std::error_code ignored;
  if (!std::filesystem::exists(directory / "chain.pem", ignored)) return std::optional<Identity>();
  for (const auto& [name, text] : files) {
    auto bytes = read_file(directory / name, kMostPemBytes);
    if (!bytes) return bytes.error();
    *text = std::move(*bytes);
  }
  const auto chain = parse_chain(identity.chain_pem);
  if (!chain) return at((directory / "chain.pem").string(), chain.error());
  const auto key = parse_key(identity.key_pem);
  if (!key) return at((directory / "key.pem").string(), key.error());
  if (!matches(*chain->front(), **key))
    return Error((directory / "key.pem").string(), "is not the key of chain.pem beside it");
  if (const auto ca = parse_chain(identity.ca_pem); !ca)
    return at((directory / "ca.pem").string(), ca.error());
  return std::optional(std::move(identity));
}

Result<void> save_identity(const std::filesystem::path& directory, const Identity& identity) {
  if (auto made = make_directory(directory); !made) return made;
  // The chain last: without it there is no identity, should we die in between.
  if (auto done = write_file_atomically(directory / "ca.pem", identity.ca_pem, 0644); !done)
    return done;
  if (auto done = write_file_atomically(directory / "key.pem", identity.key_pem, 0600); !done)
    return done;
  return write_file_atomically(directory / "chain.pem", identity.chain_pem, 0644);
}

std::string JoinToken::text() const { return "mrd1." + id + "." + secret + "." + ca_fingerprint; }

Result<JoinToken> parse_join_token(std::string_view text) {
  static constexpr std::string_view kPrefix = "mrd1.";
  static constexpr std::size_t kIdBytes = 8, kSecretBytes = 16, kFingerprintBytes = 32;
  // The text itself is a secret: it does not stand in the message.
  const Error wrong(
      "is not a join token: it must be copied whole, as `gslbctl token create` "
      "printed it (mrd1....)");
  if (!text.starts_with(kPrefix)) return wrong;
  text.remove_prefix(kPrefix.size());
  if (text.size() != (kIdBytes + kSecretBytes + kFingerprintBytes) * 2 + 2) return wrong;
  const JoinToken token{std::string(text.substr(0, kIdBytes * 2)),
                        std::string(text.substr(kIdBytes * 2 + 1, kSecretBytes * 2)),
                        std::string(text.substr((kIdBytes + kSecretBytes) * 2 + 2))};
  if (!is_hex(token.id, kIdBytes) || !is_hex(token.secret, kSecretBytes) ||
      !is_hex(token.ca_fingerprint, kFingerprintBytes) || text[kIdBytes * 2] != '.' ||
      text[(kIdBytes + kSecretBytes) * 2 + 1] != '.')
    return wrong;
  return token;
}

}  // namespace meridian::tls
