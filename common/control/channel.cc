#include "common/control/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace meridian::control {

std::shared_ptr<grpc::Channel> make_channel(const std::string& controller,
                                            const tls::Identity& identity) {
  grpc::SslCredentialsOptions tls_options;
  tls_options.pem_root_certs = identity.ca_pem;
  tls_options.pem_private_key = identity.key_pem;
  tls_options.pem_cert_chain = identity.chain_pem;
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(std::string(tls::kControllerServerName));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 3'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A renewed certificate must not ride on an old connection, nor control traffic on a web proxy.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMostMessageBytes);
  arguments.SetMaxSendMessageSize(kMostMessageBytes);
  return grpc::CreateCustomChannel(controller, grpc::SslCredentials(tls_options), arguments);
}

}  // namespace meridian::control
