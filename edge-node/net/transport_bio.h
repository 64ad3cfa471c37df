#pragma once

#include <openssl/types.h>

#include "edge-node/net/tls.h"

namespace meridian::edge {

/// Lets `ssl` speak through `transport`, which outlives it. Where the session's settings ask for it
/// (SSL_OP_ENABLE_KTLS), the kernel gets the keys of what is sent and seals it from then on. It
/// takes no second keys: who asks for a change of them (RFC 8446 section 4.6.3) is disconnected.
void use_transport(SSL& ssl, TlsTransport& transport);

/// The kernel can seal what is sent by TLS: it has been compiled so, and its module `tls` is
/// loaded or may be. Asks the system.
bool kernel_seals_tls();

}  // namespace meridian::edge
