/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target defines: it returns 0, and aborts where a promise is broken. */
#ifndef TIDE_TEST_FUZZ_H
#define TIDE_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(promise) \
    do {                    \
        if (!(promise)) {   \
            abort();        \
        }                   \
    } while (0)

#endif
