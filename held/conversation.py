import os
os.chdir('/tmp/wt/h2/edge-node')
def sub(p, *pairs):
    s=open(p).read()
    for a,b in pairs:
        assert a in s, (p,a)
        s=s.replace(a,b,1)
    open(p,'w').write(s)
sub('request/exchange.h',('''  virtual const http::Fields& trailers() const = 0;
''','''  virtual const http::Fields& trailers() const = 0;
  /// The body may be read while the answer is sent.
  virtual bool is_duplex() const = 0;
  /// Of one that is: read_body() gives Io::cancelled, to who waits in it too.
  virtual void stop_body() = 0;
'''))
sub('io/http1_connection.h',('''  const http::Fields& trailers() const override { return body_->trailers(); }
''','''  const http::Fields& trailers() const override { return body_->trailers(); }
  bool is_duplex() const override { return false; }
  void stop_body() override {}
'''))
sub('io/http2_exchange.h',('''  const http::Fields& trailers() const override { return h2::Stream::trailers(); }
''','''  const http::Fields& trailers() const override { return h2::Stream::trailers(); }
  bool is_duplex() const override { return true; }
  void stop_body() override;
'''),('''  bool continue_due_ = false;
''','''  bool continue_due_ = false;
  bool stopped_ = false;   // the body is not wanted
'''))
sub('io/http2_exchange.cc',('''  for (;;) {
    const auto bytes = link_.session.read(*this);
''','''  for (;;) {
    if (stopped_) co_return Piece{Io::cancelled, {}};
    const auto bytes = link_.session.read(*this);
'''),('''  const auto deadline = std::min(Clock::now() + link_.limits.body_stall, body_pace_->deadline());
''','''  // Once the answer has begun this is a conversation, which may pause.
  const auto deadline =
      send_pace_ ? Clock::now() + link_.limits.tunnel_idle
                 : std::min(Clock::now() + link_.limits.body_stall, body_pace_->deadline());
'''),('''asio::awaitable<VisitorExchange::Piece> Http2Exchange::read_body() {''','''void Http2Exchange::stop_body() {
  stopped_ = true;
  input_.give();
}

asio::awaitable<VisitorExchange::Piece> Http2Exchange::read_body() {'''))
sub('origin/exchange.h',('''  enum class Head : std::uint8_t {''','''  /// The response may be read while the request's body is sent.
  virtual bool is_duplex() const = 0;
  /// Of one that is: nothing more is sent or received; who waits is told.
  virtual void abandon() = 0;

  enum class Head : std::uint8_t {'''))
sub('origin/http1_exchange.h',('''  asio::awaitable<Head> read_head(''','''  bool is_duplex() const override { return false; }
  void abandon() override {}
  asio::awaitable<Head> read_head('''))
sub('origin/http2_exchange.h',('''  asio::awaitable<Head> read_head(''','''  bool is_duplex() const override { return true; }
  void abandon() override;
  asio::awaitable<Head> read_head('''),('''  bool is_alive() const { return is_open() && !connection_->lost_; }
''','''  bool is_alive() const { return is_open() && !connection_->lost_ && !abandoned_; }
'''),('''  bool lost_ = false;
''','''  bool lost_ = false;
  bool abandoned_ = false;
  bool timed_out_ = false;
'''))
sub('origin/http2_exchange.cc',('''Http2OriginExchange::~Http2OriginExchange() { connection_->leave(*this); }
''','''Http2OriginExchange::~Http2OriginExchange() {
  connection_->leave(*this);
  if (timed_out_) connection_->retire();  // nobody knows what is wrong with it
}

void Http2OriginExchange::abandon() {
  if (is_alive()) connection_->session_.reset(*this, h2::Code::cancel);
  abandoned_ = true;
  connection_->output_.flush_soon();
  input_.give();
  output_.give();
}
'''),('''    if (came) continue;
    connection_->retire();
    co_return Head::timed_out;
''','''    timed_out_ = !came;
    if (!came) co_return Head::timed_out;
'''),('''    if (came) continue;
    connection_->retire();
    co_return Piece{Io::timed_out, {}};
''','''    timed_out_ = !came;
    if (!came) co_return Piece{Io::timed_out, {}};
'''),('''    if (lost_) co_return Head::nothing;
''','''    if (lost_ || abandoned_) co_return Head::nothing;
'''))
sub('request/fetch.h',('''/// The head of an origin's response''','''/// A request's body that is still on its way to the origin.
struct Sending {
  Sending(const Loop& l, VisitorExchange& b) : loop(l), body(b), ended(l) {}
  Loop loop;
  VisitorExchange& body;
  bool running = true;
  bool visitor_failed = false;
  Notice ended;
};

/// The head of an origin's response'''),('''  std::shared_ptr<const OriginPool> pool;
};

/// Tries''','''  std::shared_ptr<const OriginPool> pool;
  std::shared_ptr<Sending> sending;  // null: the request is complete
};

/// Tries'''),('''/// After the body was read''','''/// Before `fetched.exchange` goes: whatever still sends the request's body has ended.
asio::awaitable<void> stop_sending(Fetched& fetched);

/// After the body was read'''),('''#include "edge-node/cache''','''#include "edge-node/net/notice.h"
#include "edge-node/cache''') if '#include "edge-node/cache' in open('request/fetch.h').read() else ('''#include "edge-node/origin/exchange.h"
''','''#include "edge-node/net/notice.h"
#include "edge-node/origin/exchange.h"
'''))
sub('request/fetch.cc',('''/// The same in HTTP/2, on''','''/// Goes on while the response comes. Everything outlives it: see stop_sending().
asio::awaitable<void> keep_sending(const FetchPlan& plan, OriginExchange& exchange,
                                   std::shared_ptr<Sending> sending) {
  const Stream::WriteLimits limits{.stall = plan.pool->between_bytes_timeout,
                                   .deadline = Instant::max()};
  const Io sent = co_await send_request_body(plan, exchange, limits);
  sending->visitor_failed = sent == Io::closed;
  if (sending->visitor_failed) exchange.abandon();
  sending->running = false;
  sending->ended.give();
}

/// As attempt(), where body and response may pass each other.
asio::awaitable<Attempt> attempt_duplex(WorkerContext& worker, const FetchPlan& plan,
                                        Fetched& fetched) {
  OriginExchange& exchange = *fetched.exchange;
  const http::RequestLine line{plan.method, plan.target};
  const Stream::WriteLimits limits{.stall = plan.pool->between_bytes_timeout,
                                   .deadline = Instant::max()};
  const Io begun = co_await exchange.send_head(line, plan.fields, plan.framing, limits);
  if (begun == Io::ok) {
    fetched.sending = std::make_shared<Sending>(worker.loop, *plan.body);
    asio::co_spawn(worker.loop.context, keep_sending(plan, exchange, fetched.sending),
                   asio::detached);
  }
  for (;;) {
    const bool complete = !fetched.sending || !fetched.sending->running;
    const auto read =
        co_await exchange.read_head(http::ResponseTo::other,
                                    Clock::now() + plan.pool->first_byte_timeout);
    if (read == OriginExchange::Head::timed_out && !complete) continue;
    if (read == OriginExchange::Head::ok) co_return Attempt::answered;
    const bool visitor_failed = fetched.sending && fetched.sending->visitor_failed;
    co_await stop_sending(fetched);
    if (visitor_failed) co_return Attempt::visitor_failed;
    co_return to_attempt(read);
  }
}

/// The same in HTTP/2, on'''),('''    const auto outcome = co_await attempt(plan, *fetched.exchange);
    fetched.times.response = WallClock::now();
    if (outcome == Attempt::answered) co_return Next::done;
    fail(fetched, outcome);
    const bool refused''','''    const bool duplex = plan.body && plan.framing.has_body() && plan.body->is_duplex();
    Attempt outcome = Attempt::nothing;
    if (duplex)
      outcome = co_await attempt_duplex(worker, plan, fetched);
    else
      outcome = co_await attempt(plan, *fetched.exchange);
    fetched.times.response = WallClock::now();
    if (outcome == Attempt::answered) co_return Next::done;
    fail(fetched, outcome);
    const bool refused'''))
s=open('request/fetch.cc').read()
i=s.index('  switch (read) {\n    case OriginExchange::Head::ok:'); j=s.index('}\n\nvoid fail(Fetched& fetched, int status')
sw=s[i:j]
k=s.index('/// The request on one connection, up to')
s=s[:i]+'  co_return to_attempt(read);\n'+s[j:]
s=s[:k]+'Attempt to_attempt(OriginExchange::Head read) {\n'+sw.replace('co_return','return')+'}\n\n'+s[k:]
k=s.index('void keep_connection(WorkerContext& worker')
s=s[:k]+'''asio::awaitable<void> stop_sending(Fetched& fetched) {
  const auto sending = std::exchange(fetched.sending, nullptr);
  if (!sending || !sending->running) co_return;
  sending->body.stop_body();
  fetched.exchange->abandon();
  while (sending->running) {
    const bool ended = co_await sending->ended.wait(Instant::max());
    if (!ended) co_await asio::post(sending->loop.context, asio::use_awaitable);  // being closed
  }
}

'''+s[k:]
s=s.replace('#include <utility>\n','#include <utility>\n\n#include <boost/asio/co_spawn.hpp>\n#include <boost/asio/detached.hpp>\n#include <boost/asio/post.hpp>\n#include <boost/asio/use_awaitable.hpp>\n',1)
open('request/fetch.cc','w').write(s)
s=open('request/pass.cc').read()
i=s.index('asio::awaitable<void> relay(Transaction& t, Fetched fetched, std::string_view reason) {')
body=s[i:]
end=body.index('\n}\n')+3
fn=body[:end]
inner=fn.replace('asio::awaitable<void> relay(Transaction& t, Fetched fetched, std::string_view reason) {','asio::awaitable<void> relay_answer(Transaction& t, Fetched& fetched, std::string_view reason) {')
outer='''asio::awaitable<void> relay(Transaction& t, Fetched fetched, std::string_view reason) {
  co_await relay_answer(t, fetched, reason);
  co_await stop_sending(fetched);
}
'''
k=s.index('}  // namespace\n\nasio::awaitable<void> pass(')
s=s[:k]+inner+'\n'+s[k:i]+outer+body[end:]
open('request/pass.cc','w').write(s)
# the test: message by message
s=open('http2_origin_test.cc').read()
a='''  void OnWriteDone(bool ok) override {
    if (ok) ask();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    answers.push_back(text_of(answer));
    StartRead(&answer);
  }
'''
assert a in s
s=s.replace(a,'''  void OnReadDone(bool ok) override {
    if (!ok) return;
    answers.push_back(text_of(answer));
    StartRead(&answer);
    ask();  // not before the last one was answered
  }
''')
s=s.replace('ManyMessagesPassThroughEitherWay','AConversationPassesThroughMessageByMessage')
s=s.replace('/// A call with many messages each way.','/// A call that waits for the answer to each message before it sends the next.')
open('http2_origin_test.cc','w').write(s)
