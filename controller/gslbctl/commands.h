#pragma once

namespace CLI {
class App;
}

namespace meridian::gslbctl {

struct Session;

// Each declares its commands on `app`; parsing one sets session.command. `session` must outlive
// `app`.
void add_init(CLI::App& app, Session& session);
void add_admin(CLI::App& app, Session& session);
void add_apply(CLI::App& app, Session& session);
void add_diff(CLI::App& app, Session& session);
void add_get(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_delete(CLI::App& app, Session& session);
void add_history(CLI::App& app, Session& session);
void add_status(CLI::App& app, Session& session);
void add_origin(CLI::App& app, Session& session);
void add_node(CLI::App& app, Session& session);
void add_token(CLI::App& app, Session& session);
void add_cookie_secret(CLI::App& app, Session& session);
void add_purge(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_explain_request(CLI::App& app, Session& session);
void add_steering(CLI::App& app, Session& session);
void add_prefix_map(CLI::App& app, Session& session);
void add_completion(CLI::App& app, Session& session);

}  // namespace meridian::gslbctl
