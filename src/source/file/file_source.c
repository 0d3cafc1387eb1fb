/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_source.h"

#include <inttypes.h>

#include "base/memory.h"
#include "source/file/file_plan.h"
#include "source/file/file_reader.h"

typedef struct file_source {
    tide_source base;
    tide_file_source_options options;
} file_source;

static tide_code plan(tide_source *base, const tide_plan_request *request, tide_source_plan *out,
                      tide_error *err)
{
    const file_source *source = (const file_source *)base;
    return tide_file_plan(&source->options, request, out, err);
}

static tide_code open_reader(tide_source *base, const tide_source_plan *from, uint32_t split,
                             uint32_t attempt, tide_reader **reader, tide_error *err)
{
    const file_source *source = (const file_source *)base;
    (void)attempt; /* a file is read anew as it was read first */
    return tide_file_reader_open(&source->options, from, split, reader, err);
}

/* Opens each file once: a CSV file's header is checked by that. */
static tide_code check_members(tide_source *base, const tide_source_plan *from, uint64_t *bytes,
                               tide_error *err)
{
    for (size_t i = 0; i < from->split_count; i++) {
        if (from->splits[i].begin == 0) {
            tide_reader *reader;
            TIDE_TRY(open_reader(base, from, (uint32_t)i, 1, &reader, err));
            reader->vtable->close(reader);
            *bytes += from->members[from->splits[i].member].byte_count;
        }
    }
    return TIDE_OK;
}

static tide_code check(tide_source *base, tide_text *notes, tide_error *err)
{
    tide_source_plan found;
    uint64_t bytes = 0;
    tide_source_plan_init(&found);
    tide_code code = plan(base, NULL, &found, err);
    if (code == TIDE_OK) {
        code = check_members(base, &found, &bytes, err);
    }
    if (code == TIDE_OK && found.member_count == 0) {
        tide_text_append(notes, "no file matches now\n");
    } else if (code == TIDE_OK) {
        tide_text_append_format(notes, "%zu file%s, %" PRIu64 " bytes\n", found.member_count,
                                found.member_count == 1 ? "" : "s", bytes);
    }
    tide_source_plan_clear(&found);
    return code;
}

static void close_source(tide_source *base)
{
    tide_free(base);
}

static const tide_source_vtable vtable = {
    .plan = plan, .open_reader = open_reader, .check = check, .close = close_source};

/* Formats, zones and paths of all columns, before any file is there to be read. */
static tide_code check_columns(const tide_file_source_options *options, tide_error *err)
{
    tide_json_decoder *decoder;
    TIDE_TRY(
        tide_json_decoder_create(options->source.columns, TIDE_HIDDEN_POSITION, &decoder, err));
    tide_json_decoder_destroy(decoder);
    return TIDE_OK;
}

static tide_code check_delimiter(char delimiter, tide_error *err)
{
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' ||
        (unsigned char)delimiter >= 0x80) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                         "the delimiter of CSV files can't be a quote, a line end or a character "
                         "beyond ASCII");
    }
    return TIDE_OK;
}

tide_code tide_file_source_open(const tide_file_source_options *options, tide_source **source,
                                tide_error *err)
{
    *source = NULL;
    TIDE_TRY(check_delimiter(options->delimiter, err));
    TIDE_TRY(check_columns(options, err));
    file_source *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a file source");
    }
    created->base.vtable = &vtable;
    created->base.kind = "files";
    created->options = *options;
    *source = &created->base;
    return TIDE_OK;
}
