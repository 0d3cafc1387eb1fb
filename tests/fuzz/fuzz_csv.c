/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a CSV file do not depend on how it is read: in one piece, or byte by byte. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/file/csv_records.h"

#define RECORDS_MAX 4096

typedef struct digest {
    uint64_t position;
    size_t field_count;
    uint64_t hash;
    bool has_problem;
} digest;

static digest digests[2][RECORDS_MAX];

static uint64_t hash_str(uint64_t hash, tide_str s)
{
    for (size_t i = 0; i < s.size; i++) {
        hash = (hash ^ (unsigned char)s.data[i]) * UINT64_C(0x100000001B3);
    }
    return (hash ^ s.size) * UINT64_C(0x100000001B3);
}

static size_t read_all(const char *path, size_t buffer_bytes, digest *out)
{
    tide_error err;
    tide_budget budget;
    tide_csv_records records;
    struct stat status;
    char identity[TIDE_FILE_IDENTITY_BYTES];
    tide_text scratch;
    size_t count = 0;
    bool found = true;
    tide_text_init(&scratch);
    tide_budget_init(&budget, 1 << 30);
    FUZZ_CHECK(stat(path, &status) == 0);
    tide_file_identity(&status, identity);
    tide_file_place place = {
        .path = path, .name = path, .identity = identity, .buffer_bytes = buffer_bytes};
    if (tide_csv_open(&records, &place, ',', 1 << 20, &budget, &err) != TIDE_OK) {
        return 0;
    }
    while (found && count < RECORDS_MAX) {
        tide_csv_record record;
        if (tide_csv_next(&records, &record, &found, &err) != TIDE_OK) {
            break;
        }
        if (found) {
            digest *d = &out[count++];
            *d = (digest){record.position, record.field_count, 0, record.problem != NULL};
            for (size_t i = 0; record.problem == NULL && i < record.field_count; i++) {
                d->hash = hash_str(d->hash, tide_csv_field_text(&record, i, &scratch));
            }
        }
    }
    tide_csv_close(&records);
    tide_text_clear(&scratch);
    FUZZ_CHECK(tide_budget_used(&budget) == 0);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("csv", 0);
    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    size_t count = read_all(path, 1 << 16, digests[0]);
    FUZZ_CHECK(read_all(path, 1, digests[1]) == count);
    for (size_t i = 0; i < count; i++) {
        const digest *a = &digests[0][i], *b = &digests[1][i];
        FUZZ_CHECK(a->position == b->position && a->field_count == b->field_count &&
                   a->hash == b->hash && a->has_problem == b->has_problem);
    }
    (void)close(fd);
    return 0;
}
