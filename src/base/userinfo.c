/* SPDX-License-Identifier: Apache-2.0 */
#include "base/userinfo.h"

#include <string.h>

#define SCHEME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."

const char *tide_userinfo_skip_scheme(const char *address)
{
    const char *end = address + strspn(address, SCHEME_BYTES);
    return strncmp(end, "://", 3) == 0 ? end + 3 : address;
}

tide_str tide_userinfo_of(const char *address)
{
    const char *start = tide_userinfo_skip_scheme(address);
    const char *end = strrchr(start, '@');
    return (tide_str){start, end != NULL ? (size_t)(end - start) : 0};
}

bool tide_userinfo_is_encoded(const char *address)
{
    tide_str userinfo = tide_userinfo_of(address);
    for (size_t i = 0; i < userinfo.size; i++) {
        if (strchr("/?#@", userinfo.data[i]) != NULL) {
            return false;
        }
    }
    return true;
}
