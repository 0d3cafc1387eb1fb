/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_content.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_input.h"

#define BUFFER_BYTES (256u << 10)

tide_code tide_file_content_open(tide_file_content *content, const char *path, const char *name,
                                 uint64_t byte_count, tide_error *err)
{
    *content = (tide_file_content){.fd = -1, .name = name, .byte_count = byte_count};
    content->buffer = tide_alloc(BUFFER_BYTES);
    if (content->buffer == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file's digest");
    }
    return tide_file_open(path, name, &content->fd, err);
}

void tide_file_content_close(tide_file_content *content)
{
    if (content->fd >= 0) {
        (void)close(content->fd);
    }
    tide_free(content->buffer);
    *content = (tide_file_content){.fd = -1};
}

/* Fills the buffer with the bytes from `begin` on, at most up to `end`. */
static tide_code read_range(tide_file_content *content, uint64_t begin, uint64_t end, size_t *size,
                            tide_error *err)
{
    size_t capacity = end - begin < BUFFER_BYTES ? (size_t)(end - begin) : BUFFER_BYTES;
    TIDE_TRY(
        tide_file_read_at(content->fd, content->name, begin, content->buffer, capacity, size, err));
    if (*size == 0) {
        return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                         "the file %s has become shorter while it was looked at: run again once "
                         "nothing writes to it",
                         content->name);
    }
    return TIDE_OK;
}

/* Behind the last line feed; 0 when there is none. */
static tide_code find_last_line_feed(tide_file_content *content, uint64_t *behind, tide_error *err)
{
    uint64_t end = content->byte_count;
    *behind = 0;
    while (end > 0) {
        uint64_t begin = end > BUFFER_BYTES ? end - BUFFER_BYTES : 0;
        size_t size = 0;
        TIDE_TRY(read_range(content, begin, end, &size, err));
        for (size_t i = size; i > 0; i--) {
            if (content->buffer[i - 1] == '\n') {
                *behind = begin + i;
                return TIDE_OK;
            }
        }
        end = begin;
    }
    return TIDE_OK;
}

/* Follows the braces of a text until its outermost one is closed. */
typedef struct brace_walk {
    int64_t depth;
    bool in_string, escaped, begun, closed, other;
} brace_walk;

static void walk_char(brace_walk *walk, char c)
{
    if (walk->in_string) {
        walk->in_string = walk->escaped || c != '"';
        walk->escaped = !walk->escaped && c == '\\';
    } else if (c == ' ' || c == '\t' || c == '\r') {
        return;
    } else if (walk->closed || (!walk->begun && c != '{')) {
        walk->other = true;
    } else if (c == '"') {
        walk->in_string = true;
    } else if (c == '{' || c == '[') {
        walk->begun = true;
        walk->depth++;
    } else if (c == '}' || c == ']') {
        walk->depth--;
        walk->closed = walk->depth == 0;
    }
}

/* How many bytes of a byte order mark a file begins with: it may be there before its first line. */
static size_t count_mark(const char *text, size_t size)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t count = 0;
    while (count < size && count + 1 < sizeof mark && text[count] == mark[count]) {
        count++;
    }
    return count;
}

/* Is what follows the last line feed a whole document? A part of one is never closed, since what is
 * read of it begins at its first brace. What is no document at all will not become one: it is read,
 * and rejected. */
static tide_code tail_is_whole(tide_file_content *content, uint64_t begin, bool *whole,
                               tide_error *err)
{
    brace_walk walk = {0};
    while (begin < content->byte_count) {
        size_t size = 0;
        TIDE_TRY(read_range(content, begin, content->byte_count, &size, err));
        for (size_t i = begin == 0 ? count_mark(content->buffer, size) : 0; i < size; i++) {
            walk_char(&walk, content->buffer[i]);
        }
        begin += size;
    }
    *whole = walk.closed || walk.other;
    return TIDE_OK;
}

tide_code tide_file_content_end(tide_file_content *content, uint64_t *end, tide_error *err)
{
    bool whole = false;
    TIDE_TRY(find_last_line_feed(content, end, err));
    if (*end < content->byte_count) {
        TIDE_TRY(tail_is_whole(content, *end, &whole, err));
    }
    if (whole) {
        *end = content->byte_count;
    }
    return TIDE_OK;
}

static void print_digest(const XXH3_state_t *state, tide_file_digest *digest)
{
    XXH128_hash_t hash = XXH3_128bits_digest(state);
    (void)snprintf(digest->hex, sizeof digest->hex, "%016" PRIx64 "%016" PRIx64,
                   (uint64_t)hash.high64, (uint64_t)hash.low64);
}

static tide_code sum(tide_file_content *content, XXH3_state_t *state, const uint64_t *ends,
                     size_t count, tide_file_digest *digests, tide_error *err)
{
    uint64_t at = 0;
    for (size_t i = 0; i < count; i++) {
        while (at < ends[i]) {
            size_t size = 0;
            TIDE_TRY(read_range(content, at, ends[i], &size, err));
            (void)XXH3_128bits_update(state, content->buffer, size);
            at += size;
        }
        print_digest(state, &digests[i]);
    }
    return TIDE_OK;
}

tide_code tide_file_content_digest(tide_file_content *content, const uint64_t *ends, size_t count,
                                   tide_file_digest *digests, tide_error *err)
{
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL || XXH3_128bits_reset(state) != XXH_OK) {
        (void)XXH3_freeState(state);
        return TIDE_FAIL_MEMORY(err, "a file's digest");
    }
    tide_code code = sum(content, state, ends, count, digests, err);
    (void)XXH3_freeState(state);
    return code;
}

tide_code tide_file_content_continues(tide_file_content *content, uint64_t at, bool *continues,
                                      tide_error *err)
{
    size_t size = 0;
    *continues = true;
    if (at == 0 || at >= content->byte_count) {
        return TIDE_OK;
    }
    TIDE_TRY(read_range(content, at - 1, content->byte_count, &size, err));
    const char *text = content->buffer;
    size_t i = 1;
    while (i < size && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) {
        i++;
    }
    bool is_at_end = i == size && at - 1 + size == content->byte_count;
    *continues = text[0] == '\n' || is_at_end || (i < size && text[i] == '\n');
    return TIDE_OK;
}
