#include "workloads/tls/wire.hpp"

#include <algorithm>
#include <cstring>

#include "workloads/tls/openssl.hpp"

namespace asyncbench::workloads::tls {
namespace {

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

int read(BIO* bio, char* into, int size) {
  Wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  if (wire.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(static_cast<std::size_t>(size), wire.in.size());
  std::memcpy(into, wire.in.data(), taken);
  wire.in = wire.in.subspan(taken);
  return static_cast<int>(taken);
}

int write(BIO* bio, const char* bytes, int size) {
  const auto* const begin = reinterpret_cast<const std::byte*>(bytes);
  wire_of(bio).out.insert(wire_of(bio).out.end(), begin, begin + size);
  return size;
}

// There is nothing to flush, since the task sends; all else is not for bytes in memory.
long control(BIO* /*bio*/, int command, long /*number*/, void* /*argument*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

using Method = std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>>;

Method make_method() {
  Method method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "asyncbench task"));
  check(method && BIO_meth_set_read(method.get(), read) == 1 &&
            BIO_meth_set_write(method.get(), write) == 1 &&
            BIO_meth_set_ctrl(method.get(), control) == 1,
        "BIO_meth_new");
  return method;
}

}  // namespace

void attach(ssl_st& connection, Wire& wire) {
  static const Method kMethod = make_method();
  BIO* const bio = BIO_new(kMethod.get());
  check(bio != nullptr, "BIO_new");
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  SSL_set_bio(&connection, bio, bio);
}

}  // namespace asyncbench::workloads::tls
