#include <algorithm>
#include <charconv>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "common/net/address.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct OriginOptions {
  std::string pool;
  std::string origin;
};

/// "shop.example:8080", "10.0.0.1", "[2001:db8::1]:8080", "2001:db8::1".
Answer<v1::Origin> parse_origin(const std::string& text) {
  v1::Origin origin;
  if (parse_address(text)) {
    origin.set_host(text);
    return origin;
  }
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  origin.set_host(host);
  if (colon == std::string::npos) return origin;
  std::uint32_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || after != end || host.empty())
    return usage("'" + text + "' is not HOST or HOST:PORT");
  origin.set_port(port);
  return origin;
}

std::uint32_t port_of(const v1::OriginPool& pool, const v1::Origin& origin) {
  return origin.has_port() ? origin.port() : pool.has_tls() ? 443 : 80;
}

std::string origin_text(const v1::OriginPool& pool, const v1::Origin& origin) {
  const bool v6 = origin.host().find(':') != std::string::npos;
  return (v6 ? "[" + origin.host() + "]" : origin.host()) + ":" +
         std::to_string(port_of(pool, origin));
}

/// Where `origin` stands in the pool; its end: nowhere.
auto place_of(v1::OriginPool& pool, const v1::Origin& origin) {
  return std::find_if(
      pool.mutable_origins()->begin(), pool.mutable_origins()->end(), [&](const v1::Origin& other) {
        return other.host() == origin.host() && port_of(pool, other) == port_of(pool, origin);
      });
}

v1::ResourceKey pool_key(const std::string& name) {
  v1::ResourceKey key;
  key.set_kind(v1::KIND_ORIGIN_POOL);
  key.set_name(name);
  return key;
}

Answer<Exit> change(Session& session, const OriginOptions& options, const std::string& verb,
                    const std::function<Answer<Edited>(v1::OriginPool&, const v1::Origin&)>& edit) {
  const auto origin = parse_origin(options.origin);
  if (!origin) return origin.error();
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = apply_edit(
      *client, pool_key(options.pool), "origin " + verb + " " + options.pool + " " + options.origin,
      [&](v1::Resource& resource) { return edit(*resource.mutable_origin_pool(), *origin); });
  if (!response) return response.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
    return Exit::ok;
  }
  for (const auto& made : response->changes()) {
    session.terminal.out << "OriginPool " << options.pool << " now has:\n";
    for (const auto& each : made.after().origin_pool().origins())
      session.terminal.out << "  " << origin_text(made.after().origin_pool(), each) << "\n";
  }
  if (response->changes().empty())
    session.terminal.out << options.origin << " is in OriginPool " << options.pool << " already\n";
  session.terminal.out << "revision " << response->revision() << "\n";
  return Exit::ok;
}

Answer<Exit> add(Session& session, const OriginOptions& options) {
  return change(session, options, "add",
                [](v1::OriginPool& pool, const v1::Origin& origin) -> Answer<Edited> {
                  if (place_of(pool, origin) != pool.origins().end()) return Edited::unchanged;
                  *pool.add_origins() = origin;
                  return Edited::changed;
                });
}

Answer<Exit> remove(Session& session, const OriginOptions& options) {
  return change(session, options, "remove",
                [&](v1::OriginPool& pool, const v1::Origin& origin) -> Answer<Edited> {
                  const auto place = place_of(pool, origin);
                  if (place == pool.mutable_origins()->end()) {
                    std::string all;
                    for (const auto& each : pool.origins()) all += " " + origin_text(pool, each);
                    return refused(options.origin + " is not in OriginPool " + options.pool,
                                   "it has:" + all);
                  }
                  pool.mutable_origins()->erase(place);
                  return Edited::changed;
                });
}

Answer<Exit> list(Session& session, const OriginOptions& options) {
  auto client = session.connect();
  if (!client) return client.error();
  std::vector<v1::Resource> pools;
  if (options.pool.empty()) {
    const auto all = client->list(v1::KIND_ORIGIN_POOL, "");
    if (!all) return all.error();
    pools.assign(all->resources().begin(), all->resources().end());
  } else {
    const auto found = find(*client, v1::KIND_ORIGIN_POOL, options.pool);
    if (!found) return found.error();
    pools.push_back(found->resource);
  }
  if (session.format != Format::table) {
    write_resources(session.terminal.out, session.format, pools);
    return Exit::ok;
  }
  Table table{{"POOL", "ORIGIN", "TRANSPORT"}, {}};
  for (const auto& pool : pools)
    for (const auto& origin : pool.origin_pool().origins())
      table.rows.push_back({pool.name(), origin_text(pool.origin_pool(), origin),
                            pool.origin_pool().has_tls() ? "TLS" : "plaintext"});
  session.terminal.out << table.text(session.terminal.colours);
  return Exit::ok;
}

}  // namespace

void add_origin(CLI::App& app, Session& session) {
  auto options = std::make_shared<OriginOptions>();
  auto* noun = app.add_subcommand("origin", "The servers of an origin pool");
  noun->require_subcommand(1);
  const auto declare = [&](const char* name, const char* help, auto function) {
    auto* command = noun->add_subcommand(name, help);
    auto* pool = command->add_option("POOL", options->pool, "The OriginPool's name");
    if (std::string_view(name) != "list") {
      pool->required();
      command->add_option("ORIGIN", options->origin, "HOST or HOST:PORT")->required();
    }
    command->callback([&session, options, function] {
      session.command = [&session, options, function] { return function(session, *options); };
    });
  };
  declare("add", "Add an origin to a pool", add);
  declare("remove", "Take an origin out of a pool", remove);
  declare("list", "List the origins of one pool, or of all", list);
}

}  // namespace meridian::gslbctl
