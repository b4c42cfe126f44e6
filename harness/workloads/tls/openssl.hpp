// What sources that call OpenSSL share.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "workloads/tls/handles.hpp"

namespace asyncbench::workloads::tls {

template <auto release>
struct FreeBy {
  void operator()(auto* object) const { release(object); }
};

using Memory = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;

// Throws std::runtime_error with the operation's name and OpenSSL's reason.
[[noreturn]] void refuse(const std::string& operation);

inline void check(bool succeeded, const char* operation) {
  if (!succeeded) refuse(operation);
}

}  // namespace asyncbench::workloads::tls
