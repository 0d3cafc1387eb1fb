/* SPDX-License-Identifier: Apache-2.0 */
/* A spill file as bytes in memory: the linker leads its functions here (-Wl,--wrap). Include it in
 * one source of a target. */
#ifndef TIDE_TEST_FUZZ_SPILL_FILE_H
#define TIDE_TEST_FUZZ_SPILL_FILE_H

#include "fuzz.h"
#include "shuffle/spill_file.h"

#define FILE_BYTES_MAX (1u << 22)

static char file_bytes[FILE_BYTES_MAX];
static size_t file_size;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
tide_code __wrap_tide_spill_file_write(tide_spill_file *file, tide_str bytes, int64_t *offset,
                                       tide_error *err);
tide_code __wrap_tide_spill_file_read(const tide_spill_file *file, int64_t offset, size_t size,
                                      char *out, tide_error *err);
void __wrap_tide_spill_file_release(tide_spill_file *file, int64_t offset, int64_t size);

tide_code __wrap_tide_spill_file_write(tide_spill_file *file, tide_str bytes, int64_t *offset,
                                       tide_error *err)
{
    (void)file;
    (void)err;
    FUZZ_CHECK(file_size + bytes.size <= sizeof file_bytes);
    memcpy(file_bytes + file_size, bytes.data, bytes.size);
    *offset = (int64_t)file_size;
    file_size += bytes.size;
    return TIDE_OK;
}

tide_code __wrap_tide_spill_file_read(const tide_spill_file *file, int64_t offset, size_t size,
                                      char *out, tide_error *err)
{
    (void)file;
    if ((size_t)offset + size > file_size) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "the spill file ends");
    }
    memcpy(out, file_bytes + offset, size);
    return TIDE_OK;
}

void __wrap_tide_spill_file_release(tide_spill_file *file, int64_t offset, int64_t size)
{
    (void)file;
    (void)offset;
    (void)size;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

#endif
