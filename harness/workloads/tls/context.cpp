#include "workloads/tls/context.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "workloads/tls/openssl.hpp"

namespace asyncbench::workloads::tls {
namespace {

// A list of one, each name behind its length.
constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr unsigned kAlpnBytes = kAlpn.size();

Context make_context(const SSL_METHOD* method, http::TlsVersion version) {
  Context context(SSL_CTX_new(method));
  check(context != nullptr, "SSL_CTX_new");
  const int lowest = version == http::TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  const int highest = version == http::TlsVersion::v1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  check(SSL_CTX_set_min_proto_version(context.get(), lowest) == 1 &&
            SSL_CTX_set_max_proto_version(context.get(), highest) == 1,
        "SSL_CTX_set_min_proto_version");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  // A send that waits for the handshake goes on when the bytes may have moved.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* /*unused*/) {
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, kAlpn.data(),
                                          kAlpnBytes, offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// The server has granted a session, which is ours from now on.
int keep_session(SSL* connection, SSL_SESSION* session) {
  static_cast<Session*>(SSL_get_app_data(connection))->reset(session);
  return 1;
}

void trust(SSL_CTX* context, const http::TlsSettings& settings) {
  if (!settings.verifies) return;  // nothing is checked by default
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!settings.certificate.empty()) {
    const Memory memory(BIO_new_mem_buf(settings.certificate.data(),
                                        static_cast<int>(settings.certificate.size())));
    const X509Certificate trusted(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    check(trusted && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted.get()) == 1,
          "the server's certificate");
  } else if (!settings.ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) != 1) {
      refuse("--ca " + settings.ca_file + " holds no certificates in PEM");
    }
  } else {
    check(SSL_CTX_set_default_verify_paths(context) == 1, "SSL_CTX_set_default_verify_paths");
  }
}

// An address is checked against the certificate's addresses, and is not sent (RFC 6066, 3).
void expect_host(SSL* connection, const std::string& host) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(connection);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  check(SSL_set1_host(connection, host.c_str()) == 1 &&
            SSL_set_tlsext_host_name(connection, host.c_str()) == 1,
        "SSL_set1_host");
}

Connection make_connection(const Context& context) {
  Connection connection(SSL_new(context.get()));
  check(connection != nullptr, "SSL_new");
  return connection;
}

}  // namespace

ServerContext::ServerContext(const Options& options)
    : context_(make_context(TLS_server_method(), options.version)) {
  SSL_CTX* const context = context_.get();
  Certificate made = make_certificate(options.certificate);
  check(SSL_CTX_use_certificate(context, made.x509.get()) == 1 &&
            SSL_CTX_use_PrivateKey(context, made.key.get()) == 1,
        "SSL_CTX_use_certificate");
  certificate_ = std::move(made.pem);
  // Sessions are in the tickets that clients hold. OpenSSL keeps those of TLS 1.2 whose clients
  // take no tickets, as libcurl's.
  if (!options.resumption) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    check(SSL_CTX_set_num_tickets(context, 0) == 1, "SSL_CTX_set_num_tickets");
  }
  if (options.protocol == Protocol::http) {
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  }
}

Connection ServerContext::accept() const {
  Connection connection = make_connection(context_);
  SSL_set_accept_state(connection.get());
  return connection;
}

std::uint64_t ServerContext::resumed() const {
  return static_cast<std::uint64_t>(SSL_CTX_sess_hits(context_.get()));
}

ClientContext::ClientContext(const http::TlsSettings& settings, Hosts hosts,
                             const measure::Window& window, Protocol protocol)
    : context_(make_context(TLS_client_method(), settings.version)),
      hosts_(std::move(hosts)),
      handshake_time_(window) {
  SSL_CTX* const context = context_.get();
  trust(context, settings);
  if (settings.resumption) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
  } else {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  }
  if (protocol == Protocol::http) {
    // Unlike OpenSSL's other functions it says 0 for success.
    check(SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpnBytes) == 0,
          "SSL_CTX_set_alpn_protos");
  }
}

const std::string* ClientContext::host_of(const Endpoint& to) const {
  const auto found = hosts_.find(&to);
  return found == hosts_.end() ? nullptr : &found->second;
}

Connection ClientContext::connect(const std::string& host, Session& session) const {
  Connection connection = make_connection(context_);
  SSL_set_connect_state(connection.get());
  SSL_set_app_data(connection.get(), &session);
  expect_host(connection.get(), host);
  if (session) SSL_set_session(connection.get(), session.get());
  return connection;
}

}  // namespace asyncbench::workloads::tls
