/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_input.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/decompress.h"

/* One pread: large enough to be sequential for the disk, small enough to stay in the cache. */
#define INPUT_BYTES_DEFAULT (256u << 10)

struct tide_file_input {
    tide_file_place place;
    int fd;
    uint64_t offset; /* of the next pread */
    uint64_t byte_count;
    tide_compression compression;
    tide_decompressor decompressor;
    char *buffer; /* owned: compressed bytes */
    size_t buffer_bytes;
    size_t buffer_begin, buffer_end;
    bool ended; /* the file has no more bytes */
};

void tide_file_identity(const struct stat *status, char out[TIDE_FILE_IDENTITY_BYTES])
{
    (void)snprintf(out, TIDE_FILE_IDENTITY_BYTES, "%" PRId64 ":%" PRId64, (int64_t)status->st_size,
                   (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec);
}

tide_code tide_file_read_at(int fd, const char *name, uint64_t offset, char *out, size_t capacity,
                            size_t *size, tide_error *err)
{
    ssize_t got;
    do {
        got = pread(fd, out, capacity, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't read %s", name);
    }
    *size = (size_t)got;
    return TIDE_OK;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t text_size = strlen(text), suffix_size = strlen(suffix);
    return text_size >= suffix_size && strcmp(text + text_size - suffix_size, suffix) == 0;
}

static tide_code detect(int fd, const char *name, tide_compression *compression, tide_error *err)
{
    char magic[4] = {0};
    size_t size = 0;
    TIDE_TRY(tide_file_read_at(fd, name, 0, magic, sizeof magic, &size, err));
    *compression = tide_compression_of((tide_str){magic, size});
    bool named_gzip = ends_with(name, ".gz");
    bool named_zstd = ends_with(name, ".zst") || ends_with(name, ".zstd");
    if (*compression == TIDE_PLAIN && (named_gzip || named_zstd)) {
        return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED,
                         "%s is named as a %s file but does not begin like one: was it cut?", name,
                         named_gzip ? "gzip" : "zstd");
    }
    return TIDE_OK;
}

tide_code tide_file_open(const char *path, const char *name, int *fd, tide_error *err)
{
    do {
        *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (*fd < 0 && errno == EINTR);
    if (*fd >= 0) {
        return TIDE_OK;
    }
    if (errno == ENOENT) {
        return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED, "the file %s is gone", name);
    }
    return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't open %s", name);
}

tide_code tide_file_compression(const char *path, const char *name, tide_compression *compression,
                                tide_error *err)
{
    int fd;
    TIDE_TRY(tide_file_open(path, name, &fd, err));
    tide_code code = detect(fd, name, compression, err);
    (void)close(fd);
    return code;
}

/* Does the file still begin with what is to be read? One that was rotated away does not. */
static bool has_grown(const tide_file_place *place, const struct stat *status)
{
    return place->may_grow && (uint64_t)status->st_size > place->size_min &&
           (uint64_t)status->st_dev == place->device && (uint64_t)status->st_ino == place->inode;
}

static tide_code check_identity(const tide_file_input *input, const char *when, tide_error *err)
{
    struct stat status;
    char identity[TIDE_FILE_IDENTITY_BYTES];
    assert(input->fd >= 0);
    if (fstat(input->fd, &status) != 0) {
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't read the size of %s", input->place.name);
    }
    tide_file_identity(&status, identity);
    if (strcmp(identity, input->place.identity) != 0 && !has_grown(&input->place, &status)) {
        return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                         "the file %s has changed %s (size:mtime was %s, is %s): begin a new run "
                         "once nothing writes to it",
                         input->place.name, when, input->place.identity, identity);
    }
    return TIDE_OK;
}

static tide_code open_input(tide_file_input *input, tide_error *err)
{
    TIDE_TRY(tide_file_open(input->place.path, input->place.name, &input->fd, err));
    TIDE_TRY(check_identity(input, "since it was planned", err));
    TIDE_TRY(detect(input->fd, input->place.name, &input->compression, err));
    if (input->compression == TIDE_PLAIN) {
        input->offset = input->place.offset;
        return TIDE_OK;
    }
    input->buffer_bytes =
        input->place.buffer_bytes == 0 ? INPUT_BYTES_DEFAULT : input->place.buffer_bytes;
    input->buffer = tide_alloc(input->buffer_bytes);
    if (input->buffer == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file's buffer");
    }
    return tide_decompressor_open(&input->decompressor, input->compression, err);
}

tide_code tide_file_input_open(const tide_file_place *place, tide_file_input **input,
                               tide_error *err)
{
    *input = NULL;
    tide_file_input *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file's input");
    }
    created->place = *place;
    created->fd = -1;
    tide_code code = open_input(created, err);
    if (code != TIDE_OK) {
        tide_file_input_close(created);
        return code;
    }
    *input = created;
    return TIDE_OK;
}

static tide_code read_file(tide_file_input *input, char *out, size_t capacity, size_t *size,
                           tide_error *err)
{
    TIDE_TRY(
        tide_file_read_at(input->fd, input->place.name, input->offset, out, capacity, size, err));
    input->offset += *size;
    input->byte_count += *size;
    return TIDE_OK;
}

static tide_code fill_buffer(tide_file_input *input, tide_error *err)
{
    size_t size = 0;
    TIDE_TRY(read_file(input, input->buffer, input->buffer_bytes, &size, err));
    input->buffer_begin = 0;
    input->buffer_end = size;
    input->ended = size == 0;
    return TIDE_OK;
}

static tide_code read_compressed(tide_file_input *input, char *out, size_t capacity, size_t *size,
                                 tide_error *err)
{
    *size = 0;
    while (*size == 0) {
        if (input->buffer_begin == input->buffer_end && !input->ended) {
            TIDE_TRY(fill_buffer(input, err));
        }
        tide_str in = {input->buffer + input->buffer_begin,
                       input->buffer_end - input->buffer_begin};
        tide_decompress_step step = {.in = in, .out = out, .out_capacity = capacity};
        if (tide_decompress(&input->decompressor, &step, err) != TIDE_OK) {
            return tide_error_context(err, "%s", input->place.name);
        }
        input->buffer_begin += step.in_used;
        *size = step.out_size;
        if (*size == 0 && input->ended) {
            if (!step.at_boundary) {
                return TIDE_FAIL(err, TIDE_E_FILE_DAMAGED,
                                 "the compressed file %s ends in the middle: was it cut, or is it "
                                 "still being written?",
                                 input->place.name);
            }
            return TIDE_OK;
        }
    }
    return TIDE_OK;
}

tide_code tide_file_input_read(tide_file_input *input, char *out, size_t capacity, size_t *size,
                               tide_error *err)
{
    return input->compression == TIDE_PLAIN ? read_file(input, out, capacity, size, err)
                                            : read_compressed(input, out, capacity, size, err);
}

uint64_t tide_file_input_bytes(const tide_file_input *input)
{
    return input->byte_count;
}

tide_code tide_file_input_finish(tide_file_input *input, tide_error *err)
{
    return check_identity(input, "while it was read", err);
}

void tide_file_input_close(tide_file_input *input)
{
    if (input == NULL) {
        return;
    }
    if (input->fd >= 0) {
        (void)close(input->fd);
    }
    tide_decompressor_close(&input->decompressor);
    tide_free(input->buffer);
    tide_free(input);
}
