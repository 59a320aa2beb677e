#include "src/chain/wire/secp256k1.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>

namespace heddle::wire {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Free<kFree>>;

Owned<EVP_PKEY, EVP_PKEY_free> MakeKey(const std::array<uint8_t, 33>& key) {
  char group[] = "secp256k1";
  std::array<uint8_t, 33> bytes = key;  // the interface takes no const
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_end()};
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* result = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &result, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return Owned<EVP_PKEY, EVP_PKEY_free>(result);
}

// The signature as DER; empty when out of memory.
Bytes EncodeDer(const std::array<uint8_t, 64>& signature) {
  const Owned<ECDSA_SIG, ECDSA_SIG_free> numbers(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data() + 32, 32, nullptr);
  if (numbers == nullptr || ECDSA_SIG_set0(numbers.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  const int size = i2d_ECDSA_SIG(numbers.get(), nullptr);
  if (size <= 0) return {};
  Bytes der(static_cast<size_t>(size));
  uint8_t* out = der.data();
  i2d_ECDSA_SIG(numbers.get(), &out);
  return der;
}

}  // namespace

std::optional<std::array<uint8_t, 64>> UncompressPublicKey(const std::array<uint8_t, 33>& key) {
  const Owned<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_secp256k1));
  if (group == nullptr) return std::nullopt;
  const Owned<EC_POINT, EC_POINT_free> point(EC_POINT_new(group.get()));
  std::array<uint8_t, 65> bytes;  // 4 || x || y
  if (point == nullptr ||
      EC_POINT_oct2point(group.get(), point.get(), key.data(), key.size(), nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(),
                         bytes.size(), nullptr) != bytes.size()) {
    return std::nullopt;
  }
  std::array<uint8_t, 64> coordinates;
  std::copy(bytes.begin() + 1, bytes.end(), coordinates.begin());
  return coordinates;
}

bool VerifyEcdsa(const std::array<uint8_t, 33>& key, const std::array<uint8_t, 32>& digest,
                 const std::array<uint8_t, 64>& signature) {
  const Owned<EVP_PKEY, EVP_PKEY_free> public_key = MakeKey(key);
  if (public_key == nullptr) return false;
  const Bytes der = EncodeDer(signature);
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, public_key.get(), nullptr));
  return !der.empty() && context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
}

}  // namespace heddle::wire
