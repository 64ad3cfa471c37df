#include "controller/identity/init.h"

#include <algorithm>
#include <utility>

#include "common/disk/file.h"
#include "common/tls/certificate.h"

namespace meridian::control {
namespace {

Result<tls::Identity> new_identity(const Authority& authority, const CertificateOrder& order) {
  const auto key = tls::make_key();
  if (!key) return Error("cannot make a key: " + tls::last_error());
  auto chain = authority.issue(tls::make_request(*key), order);
  if (!chain) return chain.error();
  return tls::Identity{std::move(*chain), tls::key_to_pem(*key), authority.certificate_pem()};
}

bool is_due(const X509& certificate, WallTime now) {
  const auto life = tls::not_after(certificate) - tls::not_before(certificate);
  return tls::not_after(certificate) - now < life * 2 / 3;
}

Error not_initialised(const std::filesystem::path& directory) {
  return Error(directory.string(),
               "holds no controller yet; run: gslbctl init --dir " + directory.string());
}

/// A key that somebody else needs must not be lost to a directory that was mistyped.
Result<void> may_replace(const std::filesystem::path& out, const tls::PeerName& owner) {
  std::error_code ignored;
  if (!std::filesystem::exists(out / "key.pem", ignored)) return {};
  const auto held = tls::load_identity(out);
  if (held && *held) {
    const auto name = (*held)->name();
    if (name && *name == owner) return {};
  }
  return Error((out / "key.pem").string(), "is not a key of " + owner.uri() +
                                               "; move it away, or name another directory with "
                                               "--out");
}

}  // namespace

std::filesystem::path DataDirectory::admin(const std::string& name) const {
  return name == kFirstAdmin ? admin() : root / ("admin-" + name);
}

bool DataDirectory::is_initialised() const {
  std::error_code ignored;  // a directory that cannot be read fails where it is read
  return std::filesystem::exists(ca() / "ca.pem", ignored);
}

Result<void> initialise(const std::filesystem::path& directory, const std::string& trust_domain,
                        WallTime now) {
  const DataDirectory data{directory};
  if (data.is_initialised())
    return Error(directory.string(), "is initialised already; its CA is in " + data.ca().string());
  const auto authority = Authority::create(trust_domain, now);
  if (!authority) return authority.error();
  const auto controller = new_identity(
      *authority, {v1::ROLE_CONTROLLER, "controller", kControllerCertificateLife, now});
  if (!controller) return controller.error();
  const auto admin =
      new_identity(*authority, {v1::ROLE_ADMIN, kFirstAdmin, kAdminCertificateLife, now});
  if (!admin) return admin.error();

  for (const auto& part : {data.root, data.store()}) {
    if (const auto made = make_directory(part); !made) return made;
  }
  if (const auto saved = tls::save_identity(data.identity(), *controller); !saved) return saved;
  if (const auto saved = tls::save_identity(data.admin(), *admin); !saved) return saved;
  return authority->save(data.ca());  // last: is_initialised() looks for it
}

Result<tls::Identity> create_admin(const std::filesystem::path& directory, const std::string& name,
                                   const std::filesystem::path& out, WallTime now) {
  if (!is_peer_name(name))
    return Error("'" + name +
                 "' cannot be an administrator's name: letters, digits and '-', at most 63");
  const DataDirectory data{directory};
  if (!data.is_initialised()) return not_initialised(directory);
  const auto authority = Authority::load(data.ca());
  if (!authority) return authority.error();
  const auto free = may_replace(out, {authority->trust_domain(), v1::ROLE_ADMIN, name});
  if (!free) return free.error();
  auto admin = new_identity(*authority, {v1::ROLE_ADMIN, name, kAdminCertificateLife, now});
  if (!admin) return admin.error();
  if (const auto saved = tls::save_identity(out, *admin); !saved) return saved.error();
  return admin;
}

Result<ControllerIdentity> load_controller(const std::filesystem::path& directory, WallTime now) {
  const DataDirectory data{directory};
  if (!data.is_initialised()) return not_initialised(directory);
  auto authority = Authority::load(data.ca());
  if (!authority) return authority.error();
  auto loaded = tls::load_identity(data.identity());
  if (!loaded) return loaded.error();
  if (!*loaded) {
    return Error(data.identity().string(),
                 "is empty; put back the directory from a backup, or start anew elsewhere");
  }
  tls::Identity identity = std::move(**loaded);
  const auto chain = tls::parse_chain(identity.chain_pem);
  if (!chain) return at(data.identity().string(), chain.error());
  const auto key = tls::parse_key(identity.key_pem);
  if (!key) return at(data.identity().string(), key.error());
  if (is_due(*chain->front(), now)) {
    const auto name = identity.name();
    if (!name) return at(data.identity().string(), name.error());
    auto renewed = authority->issue(tls::make_request(**key), {v1::ROLE_CONTROLLER, name->name,
                                                               kControllerCertificateLife, now});
    if (!renewed) return renewed.error();
    identity.chain_pem = std::move(*renewed);
    identity.ca_pem = authority->certificate_pem();
    if (const auto saved = tls::save_identity(data.identity(), identity); !saved)
      return saved.error();
  }
  return ControllerIdentity{std::move(*authority), std::move(identity)};
}

}  // namespace meridian::control
