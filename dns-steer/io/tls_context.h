#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <openssl/types.h>

#include "common/base/result.h"

namespace meridian::dns {

/// A certificate with its key and how TLS is spoken with them. Shared by all workers; any thread.
using TlsContextPtr = std::shared_ptr<SSL_CTX>;

/// For DNS over TLS (RFC 7858): TLS 1.2 with forward secrecy and AEAD only, or TLS 1.3; ALPN `dot`
/// for who offers any. `chain` and `key` are PEM. The Error says which file is wrong, and why.
Result<TlsContextPtr> load_tls_context(const std::filesystem::path& chain,
                                       const std::filesystem::path& key);

/// Local files of a certificate, which a certificate client replaces when it likes: a DNS node
/// gets no private key from the controller. One thread.
class TlsFiles {
 public:
  TlsFiles(std::filesystem::path chain, std::filesystem::path key);

  /// Null: as before. What was loaded, or why the new files are refused; each change is told once.
  Result<TlsContextPtr> look();

 private:
  /// Tells one state of the two files from another.
  std::string state() const;

  std::filesystem::path chain_;
  std::filesystem::path key_;
  std::string last_;
  std::string loaded_;
};

}  // namespace meridian::dns
