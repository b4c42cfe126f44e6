#include "workloads/tls/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <string_view>

#include "workloads/listener.hpp"
#include "workloads/tls/openssl.hpp"

namespace asyncbench::workloads::tls {
namespace {

void add_extension(X509& x509, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &x509, &x509, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  check(extension && X509_add_ext(&x509, extension.get(), -1) == 1, "X509V3_EXT_conf_nid");
}

// Clients that know several servers tell them by issuer and serial number.
void set_serial_number(X509& x509) {
  std::uint32_t random = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) == 1, "RAND_bytes");
  check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(&x509), random) == 1, "ASN1_INTEGER_set");
}

void set_name(X509& x509) {
  constexpr std::string_view kName = "asyncbench";
  X509_NAME* const name = X509_get_subject_name(&x509);
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(kName.data()),
                                   static_cast<int>(kName.size()), -1, 0) == 1,
        "X509_NAME_add_entry_by_txt");
  check(X509_set_issuer_name(&x509, name) == 1, "X509_set_issuer_name");
}

std::string pem_of(X509& x509) {
  const Memory memory(BIO_new(BIO_s_mem()));
  check(memory && PEM_write_bio_X509(memory.get(), &x509) == 1, "PEM_write_bio_X509");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

std::string CertificateTerms::loopback_names() {
  std::string names = "DNS:localhost,IP:::1";
  for (unsigned host = 1; host <= kLoopbackHosts; ++host) {
    names += ",IP:127.0.0." + std::to_string(host);
  }
  return names;
}

Certificate make_certificate(const CertificateTerms& terms) {
  Certificate made;
  made.key.reset(EVP_EC_gen("P-256"));
  check(made.key != nullptr, "EVP_EC_gen");
  made.x509.reset(X509_new());
  check(made.x509 != nullptr, "X509_new");
  X509& x509 = *made.x509;
  check(X509_set_version(&x509, X509_VERSION_3) == 1, "X509_set_version");
  set_serial_number(x509);
  X509_gmtime_adj(X509_getm_notBefore(&x509), static_cast<long>(terms.valid_from.count()));
  X509_gmtime_adj(X509_getm_notAfter(&x509), static_cast<long>(terms.valid_until.count()));
  set_name(x509);
  check(X509_set_pubkey(&x509, made.key.get()) == 1, "X509_set_pubkey");
  add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x509, NID_subject_alt_name, terms.names);
  check(X509_sign(&x509, made.key.get(), EVP_sha256()) > 0, "X509_sign");
  made.pem = pem_of(x509);
  return made;
}

}  // namespace asyncbench::workloads::tls
