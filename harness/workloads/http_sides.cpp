#include "workloads/http_sides.hpp"

#include <utility>

#include "workloads/http_server.hpp"
#include "workloads/load_side.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {
namespace {

class HttpClientSide final : public LoadSide {
 public:
  HttpClientSide(ClientRun::Setup client, const SideSetup& setup,
                 std::vector<std::byte> canned_reply)
      : exchange_(setup.exchange),
        canned_reply_(std::move(canned_reply)),
        run_(std::move(client), load_options(setup)) {}

  void prepare(Job& job) override {
    job.tasks = run_.make_tasks(exchange_);
    job.canned_reply = canned_reply_;
  }
  void fill(SideRecord& record) override {
    LoadSide::fill(record);
    put_handshakes(run_.tls(), record);
  }

 private:
  LoadRun& load() override { return run_.load(); }

  bool exchange_;
  std::vector<std::byte> canned_reply_;
  ClientRun run_;
};

class HttpServerSide final : public Side {
 public:
  explicit HttpServerSide(const SideSetup& setup)
      : server_(ServerOptions{.lanes = setup.threads,
                              .one_listener = setup.one_listener,
                              .seed = setup.seed,
                              .tls = server_tls(setup.work.parameters)}) {}

  std::optional<Address> address() const override { return server_.address(); }
  void prepare(Job& job) override { job.acceptor = &server_; }
  // A server's usage is measured over the window; its tasks need not know it.
  void set_window(const measure::WindowSpan& /*window*/) override {}
  void fill(SideRecord& record) override {
    record.server = server_.totals();
    record.requests_by_lane = server_.responses_by_lane();
  }

 private:
  HttpServer server_;
};

}  // namespace

Forms http_forms(Role role) {
  if (role != Role::client) return {.operations = server_ops()};
  return {.operations = client_stream_ops(), .exchange = client_exchange_ops()};
}

std::unique_ptr<Side> make_http_client_side(ClientRun::Setup client, const SideSetup& setup,
                                            std::vector<std::byte> canned_reply) {
  return std::make_unique<HttpClientSide>(std::move(client), setup, std::move(canned_reply));
}

std::unique_ptr<Side> make_http_server_side(const SideSetup& setup) {
  return std::make_unique<HttpServerSide>(setup);
}

}  // namespace asyncbench::workloads
