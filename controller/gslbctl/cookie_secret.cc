#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

Answer<Exit> rotate(Session& session) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->rotate_cookie_secret();
  if (!response) return response.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table)
    write(out, session.format, *response);
  else
    out << "revision " << response->revision() << ": DNS nodes sign cookies with a new secret from "
        << time_text(response->sign_from()) << " on\n";
  return Exit::ok;
}

}  // namespace

void add_cookie_secret(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("cookie-secret", "What DNS nodes sign cookies with");
  noun->require_subcommand(1);
  noun->add_subcommand("rotate",
                       "Replace it before its time, when somebody may have read it from a node")
      ->callback([&session] { session.command = [&session] { return rotate(session); }; });
}

}  // namespace meridian::gslbctl
