#include "workloads/tls/openssl.hpp"

#include <openssl/err.h>

#include <stdexcept>

namespace asyncbench::workloads::tls {

void Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void Free::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }
void Free::operator()(ssl_st* connection) const { SSL_free(connection); }
void Free::operator()(x509_st* certificate) const { X509_free(certificate); }

void refuse(const std::string& operation) {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  throw std::runtime_error(operation + ": " + (reason != nullptr ? reason : "failed"));
}

}  // namespace asyncbench::workloads::tls
