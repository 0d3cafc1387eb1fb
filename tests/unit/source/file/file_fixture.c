/* SPDX-License-Identifier: Apache-2.0 */
#include "file_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "record/value.h"

void fixture_init(fixture *f)
{
    const char *temporary = getenv("TMPDIR");
    memset(f, 0, sizeof *f);
    int size = snprintf(f->directory, sizeof f->directory, "%.40s/tide-file-XXXXXX",
                        temporary == NULL ? "/tmp" : temporary);
    assert_true(size > 0 && (size_t)size < sizeof f->directory);
    assert_non_null(mkdtemp(f->directory));
    tide_cancel_init(&f->cancel);
    tide_budget_init(&f->budget, 1 << 30);
    tide_text_init(&f->rows);
    tide_text_init(&f->rejects);
    tide_source_plan_init(&f->plan);
    f->options = (tide_file_source_options){
        .directory = f->directory,
        .patterns = f->patterns,
        .source = {.layout = &f->layout, .cancel = &f->cancel, .budget = &f->budget},
    };
}

void fixture_clear(fixture *f)
{
    char command[128];
    fixture_close(f);
    assert_int_equal(tide_budget_used(&f->budget), 0);
    tide_text_clear(&f->rows);
    tide_text_clear(&f->rejects);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", f->directory);
    assert_int_equal(system(command), 0);
}

tide_column_spec *fixture_column(fixture *f, const char *name, const char *type)
{
    tide_column_spec *spec = &f->specs[f->column_count++];
    *spec = (tide_column_spec){.name = name, .path = name};
    assert_int_equal(tide_type_parse(tide_str_of(type), &spec->type, &f->err), TIDE_OK);
    return spec;
}

void fixture_pattern(fixture *f, const char *pattern)
{
    f->patterns[f->options.pattern_count++] = pattern;
}

static FILE *open_file(const fixture *f, const char *name, const char *mode)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", f->directory, name);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    return file;
}

void fixture_write(const fixture *f, const char *name, tide_str content)
{
    FILE *file = open_file(f, name, "wb");
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    assert_int_equal(fclose(file), 0);
}

static void write_member(FILE *file, tide_str content)
{
    char out[70000];
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    union {
        const char *borrowed;
        Bytef *unqualified;
    } in = {content.data};
    stream.next_in = in.unqualified;
    stream.avail_in = (unsigned)content.size;
    stream.next_out = (Bytef *)out;
    stream.avail_out = sizeof out;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = sizeof out - stream.avail_out;
    assert_int_equal(fwrite(out, 1, size, file), size);
    (void)deflateEnd(&stream);
}

static void write_frame(FILE *file, tide_str content)
{
    char out[70000];
    size_t size = ZSTD_compress(out, sizeof out, content.data, content.size, 3);
    assert_false(ZSTD_isError(size));
    assert_int_equal(fwrite(out, 1, size, file), size);
}

static void write_parts(const fixture *f, const char *name, tide_str content, size_t part_bytes,
                        void (*write_part)(FILE *, tide_str))
{
    FILE *file = open_file(f, name, "wb");
    size_t at = 0;
    do {
        size_t size = content.size - at < part_bytes ? content.size - at : part_bytes;
        write_part(file, (tide_str){content.data + at, size});
        at += size;
    } while (at < content.size);
    assert_int_equal(fclose(file), 0);
}

void fixture_write_gzip(const fixture *f, const char *name, tide_str content, size_t member_bytes)
{
    write_parts(f, name, content, member_bytes, write_member);
}

void fixture_write_zstd(const fixture *f, const char *name, tide_str content, size_t frame_bytes)
{
    write_parts(f, name, content, frame_bytes, write_frame);
}

char *fixture_read(const fixture *f, const char *name, size_t *size)
{
    FILE *file = open_file(f, name, "rb");
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    char *content = malloc(*size + 1);
    assert_int_equal(fread(content, 1, *size, file), *size);
    (void)fclose(file);
    return content;
}

tide_code fixture_open(fixture *f)
{
    f->options.source.columns = (tide_column_specs){f->specs, f->column_count};
    tide_text_reset(&f->rows);
    tide_text_reset(&f->rejects);
    f->byte_count = 0;
    TIDE_TRY(tide_source_layout_init(&f->layout, f->options.source.columns, false, &f->err));
    TIDE_TRY(tide_file_source_open(&f->options, &f->source, &f->err));
    return f->source->vtable->plan(f->source, NULL, &f->plan, &f->err);
}

void fixture_close(fixture *f)
{
    tide_source_plan_clear(&f->plan);
    if (f->source != NULL) {
        f->source->vtable->close(f->source);
        f->source = NULL;
    }
    tide_source_layout_clear(&f->layout);
}

static void print_read(fixture *f, const tide_read *read)
{
    tide_column columns[18];
    const tide_schema *schema = &f->layout.schema;
    tide_batch_columns(&read->batch, columns);
    for (int64_t i = 0; i < tide_batch_row_count(&read->batch); i++) {
        tide_row_print_json(schema, columns, schema->field_count, i, &f->rows);
        tide_text_append_char(&f->rows, '\n');
    }
    for (size_t i = 0; i < read->rejects->count; i++) {
        const tide_reject *reject = &read->rejects->items[i];
        assert_string_equal(reject->stage, "decode");
        tide_text_append_format(&f->rejects, "%s %s: %s %s\n", reject->position,
                                reject->column == NULL ? "-" : reject->column, reject->reason,
                                reject->values);
    }
}

tide_code fixture_read_split(fixture *f, uint32_t split)
{
    tide_reader *reader;
    tide_read read;
    TIDE_TRY(f->source->vtable->open_reader(f->source, &f->plan, split, 1, &reader, &f->err));
    tide_code code;
    do {
        code = reader->vtable->next(reader, &read, &f->err);
        if (code == TIDE_OK) {
            print_read(f, &read);
            f->byte_count += read.byte_count;
            assert_true(!read.end ||
                        (tide_batch_row_count(&read.batch) == 0 && read.rejects->count == 0));
            tide_batch_clear(&read.batch);
        }
    } while (code == TIDE_OK && !read.end);
    reader->vtable->close(reader);
    return code;
}

tide_code fixture_run(fixture *f)
{
    fixture_close(f);
    TIDE_TRY(fixture_open(f));
    for (uint32_t i = 0; i < f->plan.split_count; i++) {
        TIDE_TRY(fixture_read_split(f, i));
    }
    fixture_close(f);
    return TIDE_OK;
}

void fixture_expect(fixture *f, const char *rows, const char *rejects)
{
    if (fixture_run(f) != TIDE_OK) {
        fail_msg("%s", f->err.message);
    }
    assert_string_equal(tide_text_c(&f->rows), rows);
    assert_string_equal(tide_text_c(&f->rejects), rejects);
}
