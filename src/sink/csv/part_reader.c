/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/part_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (256u << 10)

tide_code tide_part_reader_open(tide_part_reader *reader, const char *path, tide_error *err)
{
    *reader = (tide_part_reader){.path = path};
    tide_text_init(&reader->buffer);
    reader->file = open(path, O_RDONLY | O_CLOEXEC);
    return reader->file >= 0 ? TIDE_OK
                             : TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't open %s", path);
}

void tide_part_reader_close(tide_part_reader *reader)
{
    if (reader->file >= 0) {
        (void)close(reader->file);
        reader->file = -1;
    }
    tide_text_clear(&reader->buffer);
}

/* Moves what is left to the front and reads more behind it. */
static tide_code read_more(tide_part_reader *reader, tide_error *err)
{
    tide_text *buffer = &reader->buffer;
    if (reader->begin > 0) {
        memmove(buffer->data, buffer->data + reader->begin, buffer->size - reader->begin);
        buffer->size -= reader->begin;
        reader->begin = 0;
    }
    char bytes[16 << 10];
    for (size_t total = 0; total < READ_BYTES && !reader->ended;) {
        ssize_t got = read(reader->file, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't read %s", reader->path);
        }
        reader->ended = got == 0;
        tide_text_append_str(buffer, (tide_str){bytes, (size_t)got});
        total += (size_t)got;
    }
    return tide_text_failed(buffer) ? TIDE_FAIL_MEMORY(err, "a CSV file") : TIDE_OK;
}

/* The size of the record at `from`, 0 when it does not end within the bytes. */
static size_t record_size(const char *from, size_t size)
{
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (from[i] == '"') {
            quoted = !quoted; /* a doubled quote changes nothing */
        } else if (from[i] == '\n' && !quoted) {
            return i + 1;
        }
    }
    return 0;
}

tide_code tide_part_reader_next(tide_part_reader *reader, tide_str *record, tide_error *err)
{
    *record = (tide_str){"", 0};
    for (;;) {
        size_t left = reader->buffer.size - reader->begin;
        const char *from = left > 0 ? reader->buffer.data + reader->begin : "";
        size_t size = record_size(from, left);
        if (size > 0) {
            *record = (tide_str){from, size};
            reader->begin += size;
            return TIDE_OK;
        }
        if (reader->ended) {
            return left == 0 ? TIDE_OK
                             : TIDE_FAIL(err, TIDE_BAD_DATA,
                                         "%s ends within a record: it is not as it was written",
                                         reader->path);
        }
        TIDE_TRY(read_more(reader, err));
    }
}

bool tide_part_find_cell(tide_str record, size_t number, tide_str *cell)
{
    bool quoted = false;
    size_t begin = 0;
    for (size_t i = 0; i < record.size; i++) {
        char c = record.data[i];
        quoted = quoted != (c == '"');
        if (quoted || (c != ',' && c != '\r' && c != '\n')) {
            continue;
        }
        if (number-- == 0) {
            *cell = (tide_str){record.data + begin, i - begin};
            return true;
        }
        begin = i + 1;
        if (c != ',') {
            break;
        }
    }
    return false;
}
