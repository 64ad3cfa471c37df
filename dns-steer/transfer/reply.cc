#include "dns-steer/transfer/reply.h"

#include <utility>

namespace meridian::dns {

Reply::Reply(const Query& query, std::shared_ptr<const Serving> serving,
             std::unique_ptr<TsigQuery> signature, Rcode rcode)
    : serving_(std::move(serving)),
      signature_(std::move(signature)),
      question_(query.question.begin(), query.question.end()),
      rcode_(rcode) {
  query_.id = query.id;
  query_.flags = query.flags;
  query_.question = question_;
  edns_.present = query.edns.has_value();
  edns_.udp_octets = serving_->snapshot->settings.udp_octets;
}

std::size_t Reply::next(std::span<std::uint8_t> out) {
  if (done_) return 0;
  Assembler message(out, out.size() - (signature_ ? signature_->octets() : 0), query_, edns_);
  message.set_rcode(rcode_);
  if (rcode_ == Rcode::no_error) {
    message.set_authoritative();
    done_ = !fill(message);
  } else {
    done_ = true;
  }
  const auto size = message.finish();
  return signature_ ? signature_->finish(out, size) : size;
}

}  // namespace meridian::dns
