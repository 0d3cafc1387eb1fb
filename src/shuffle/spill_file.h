/* SPDX-License-Identifier: Apache-2.0 */
/* Spill file: one file of one shuffle, to which several threads append pieces and from which they
 * read them back; gone with the shuffle.
 *
 * It is created with the first piece, as DIRECTORY/tidemill-PID-RANDOM.spill with mode 0600, and
 * its creator holds an exclusive flock on it for as long as it lives. A file whose lock can be
 * taken therefore belongs to a process that is dead, whatever its pid has become since:
 * tide_spill_clean removes exactly those. See docs/decisions for why it has a name at all.
 *
 * Nothing is synced: a spill file never outlives its process. All but init and clear may be called
 * from several threads at a time.
 */
#ifndef TIDE_SHUFFLE_SPILL_FILE_H
#define TIDE_SHUFFLE_SPILL_FILE_H

#include "base/text.h"
#include "base/thread.h"

typedef struct tide_spill_file {
    const char *directory; /* borrowed */
    tide_mutex lock;       /* of creating it */
    char *path;            /* owned; NULL before the first piece */
    int descriptor;
    tide_atomic end;           /* offset of the next piece */
    tide_atomic written_bytes; /* of all pieces, those given back included */
} tide_spill_file;

void tide_spill_file_init(tide_spill_file *file, const char *directory);
/* Removes the file. */
void tide_spill_file_clear(tide_spill_file *file);

/* Appends all of `bytes`; *offset says where. */
TIDE_MUST_CHECK tide_code tide_spill_file_write(tide_spill_file *file, tide_str bytes,
                                                int64_t *offset, tide_error *err);
/* Reads exactly `size` bytes. */
TIDE_MUST_CHECK tide_code tide_spill_file_read(const tide_spill_file *file, int64_t offset,
                                               size_t size, char *out, tide_error *err);
/* Gives the disk space of a piece back where the file system can (it is never read again). */
void tide_spill_file_release(tide_spill_file *file, int64_t offset, int64_t size);

/* Removes the spill files of dead processes. *removed_count counts them; a directory that does not
 * exist has none. */
TIDE_MUST_CHECK tide_code tide_spill_clean(const char *directory, size_t *removed_count,
                                           tide_error *err);

#endif
