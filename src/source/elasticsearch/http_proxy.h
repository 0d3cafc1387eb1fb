/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP proxy: which variable of the environment leads a url through a proxy, and whether its value
 * names one. The library shows a value that it can't parse, and of one that it takes apart in the
 * wrong place parts of the password; so what it would do is found out first. */
#ifndef TIDE_SOURCE_ELASTICSEARCH_HTTP_PROXY_H
#define TIDE_SOURCE_ELASTICSEARCH_HTTP_PROXY_H

#include <stdbool.h>

#include "base/error.h"

typedef struct tide_http_proxy {
    const char *variable; /* static; NULL = none. `no_proxy` may still exempt the host */
    bool is_usable;       /* false: its value is no address of a proxy */
} tide_http_proxy;

/* A name that no proxy can have: given to the library in the place of an unusable value it fails,
 * and fails only where `no_proxy` does not exempt the host. */
#define TIDE_HTTP_NO_PROXY_NAME "http://no proxy"

/* As the library chooses one for the url. */
TIDE_MUST_CHECK tide_code tide_http_proxy_find(const char *url, tide_http_proxy *out,
                                               tide_error *err);

#endif
