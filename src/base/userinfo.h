/* SPDX-License-Identifier: Apache-2.0 */
/* Userinfo: the `user:password@` in an address.
 *
 * Libraries end it at the first byte that may end it, and take what follows of a password with such
 * a byte in it for a host, a port or a path, which they then show. So it is looked for greedily
 * here, before a library is asked: all up to the last `@`.
 *
 *   https://reader:a/b@c@es:9200   userinfo: reader:a/b@c, which is not encoded
 */
#ifndef TIDE_BASE_USERINFO_H
#define TIDE_BASE_USERINFO_H

#include "base/text.h"

/* What messages say of one that is not encoded; they never show it. */
#define TIDE_USERINFO_ADVICE                                             \
    "in an address the bytes / ? # @ : % of a user or password must be " \
    "percent-encoded: %2F %3F %23 %40 %3A %25"

/* Borrowed from the address, with or without a scheme; empty where there is no `@`. */
tide_str tide_userinfo_of(const char *address);
/* Has it no byte that would end it too early? */
bool tide_userinfo_is_encoded(const char *address);
/* The address behind its scheme; all of it where it has none. */
const char *tide_userinfo_skip_scheme(const char *address);

#endif
