// OpenSSL's objects as values that free themselves, for headers that do without OpenSSL's.
#pragma once

#include <memory>

struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct x509_st;

namespace asyncbench::workloads::tls {

struct Free {
  void operator()(evp_pkey_st* key) const;
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_session_st* session) const;
  void operator()(ssl_st* connection) const;
  void operator()(x509_st* certificate) const;
};

using Key = std::unique_ptr<evp_pkey_st, Free>;
using Context = std::unique_ptr<ssl_ctx_st, Free>;
using Session = std::unique_ptr<ssl_session_st, Free>;
using Connection = std::unique_ptr<ssl_st, Free>;
using X509Certificate = std::unique_ptr<x509_st, Free>;

}  // namespace asyncbench::workloads::tls
