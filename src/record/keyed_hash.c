/* SPDX-License-Identifier: Apache-2.0 */
#include "record/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/memory.h"

struct tide_keyed_hash {
    EVP_MAC *algorithm;   /* owned */
    EVP_MAC_CTX *context; /* owned; holds the key */
};

static bool open_context(tide_keyed_hash *hash, tide_str key)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    /* No key would mean the one of before: the empty one has an address, too. */
    const unsigned char *bytes = (const unsigned char *)(key.size == 0 ? "" : key.data);
    hash->algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hash->context = hash->algorithm == NULL ? NULL : EVP_MAC_CTX_new(hash->algorithm);
    return hash->context != NULL && EVP_MAC_init(hash->context, bytes, key.size, parameters) == 1;
}

tide_code tide_keyed_hash_create(tide_str key, tide_keyed_hash **hash, tide_error *err)
{
    *hash = NULL;
    tide_keyed_hash *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a keyed hash");
    }
    if (!open_context(created, key)) {
        tide_keyed_hash_destroy(created);
        return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                         "libcrypto has no HMAC-SHA-256 here: is it configured away?");
    }
    *hash = created;
    return TIDE_OK;
}

void tide_keyed_hash_destroy(tide_keyed_hash *hash)
{
    if (hash != NULL) {
        EVP_MAC_CTX_free(hash->context);
        EVP_MAC_free(hash->algorithm);
        tide_free(hash);
    }
}

tide_code tide_keyed_hash_of(tide_keyed_hash *hash, tide_str message,
                             uint8_t out[TIDE_KEYED_HASH_BYTES], tide_error *err)
{
    size_t size = 0;
    const unsigned char *bytes = (const unsigned char *)message.data;
    /* An init without a key begins a new message under the key of before. */
    if (EVP_MAC_init(hash->context, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(hash->context, bytes, message.size) != 1 ||
        EVP_MAC_final(hash->context, out, &size, TIDE_KEYED_HASH_BYTES) != 1 ||
        size != TIDE_KEYED_HASH_BYTES) {
        return TIDE_FAIL_MEMORY(err, "a keyed hash"); /* nothing else makes these fail */
    }
    return TIDE_OK;
}

tide_code tide_keyed_hash_hex(tide_keyed_hash *hash, tide_str message,
                              char out[TIDE_KEYED_HASH_CHARS], tide_error *err)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[TIDE_KEYED_HASH_BYTES] = {0};
    TIDE_TRY(tide_keyed_hash_of(hash, message, bytes, err));
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0xF];
    }
    return TIDE_OK;
}
