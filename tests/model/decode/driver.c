/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files and prints what the file source makes of them, a JSON object a line:
 *
 *   decode_driver DIRECTORY PATTERN SPLIT_BYTES BUFFER_BYTES NAME,TYPE,PATH,ARRAY,ZONE...
 *
 * {"row": {...}} with the hidden columns, {"reject": {"position":, "column":, "values":}}. ARRAY
 * and ZONE may be empty. Types have no commas: decimal is decimal(20,4). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/value.h"
#include "source/file/file_source.h"

#define COLUMNS_MAX 32

typedef struct driver {
    tide_column_spec specs[COLUMNS_MAX];
    size_t column_count;
    tide_source_layout layout;
    tide_cancel cancel;
    tide_budget budget;
    tide_source *source;
    tide_source_plan plan;
    tide_error err;
} driver;

static void need(driver *self, tide_code code)
{
    if (code != TIDE_OK) {
        printf("{\"error\": \"%s\"}\n", tide_code_name(code));
        fprintf(stderr, "%s\n", self->err.message);
        exit(1);
    }
}

static void add_column(driver *self, char *words)
{
    tide_column_spec *spec = &self->specs[self->column_count++];
    char *fields[5];
    for (int i = 0; i < 5; i++) {
        fields[i] = strsep(&words, ",");
        if (fields[i] == NULL) {
            abort();
        }
    }
    const char *type = strcmp(fields[1], "decimal") == 0 ? "decimal(20,4)" : fields[1];
    spec->name = fields[0];
    spec->path = fields[2];
    need(self, tide_type_parse(tide_str_of(type), &spec->type, &self->err));
    spec->array = strcmp(fields[3], "first") == 0  ? TIDE_ARRAY_FIRST
                  : strcmp(fields[3], "json") == 0 ? TIDE_ARRAY_JSON
                                                   : TIDE_ARRAY_REJECT;
    if (fields[4][0] != '\0') {
        tide_zone *zone;
        need(self, tide_zone_open(fields[4], &zone, &self->err));
        spec->zone = zone;
    }
}

static void print_read(driver *self, const tide_read *read, tide_text *out)
{
    tide_column columns[COLUMNS_MAX + 2];
    const tide_schema *schema = &self->layout.schema;
    tide_text_reset(out);
    tide_batch_columns(&read->batch, columns);
    for (int64_t i = 0; i < tide_batch_row_count(&read->batch); i++) {
        tide_text_append(out, "{\"row\": ");
        tide_row_print_json(schema, columns, schema->field_count, i, out);
        tide_text_append(out, "}\n");
    }
    for (size_t i = 0; i < read->rejects->count; i++) {
        const tide_reject *reject = &read->rejects->items[i];
        tide_text_append(out, "{\"reject\": {\"position\": ");
        tide_text_append_json_string(out, tide_str_of(reject->position));
        tide_text_append(out, ", \"column\": ");
        if (reject->column == NULL) {
            tide_text_append(out, "null");
        } else {
            tide_text_append_json_string(out, tide_str_of(reject->column));
        }
        tide_text_append(out, ", \"reason\": ");
        tide_text_append_json_string(out, tide_str_of(reject->reason));
        tide_text_append_format(out, ", \"values\": %s}}\n", reject->values);
    }
    if (tide_text_failed(out)) {
        abort();
    }
    (void)fwrite(tide_text_c(out), 1, out->size, stdout);
}

static void read_split(driver *self, uint32_t split, tide_text *out)
{
    tide_reader *reader;
    tide_read read;
    need(self, self->source->vtable->open_reader(self->source, &self->plan, split, 1, &reader,
                                                 &self->err));
    do {
        need(self, reader->vtable->next(reader, &read, &self->err));
        print_read(self, &read, out);
        tide_batch_clear(&read.batch);
    } while (!read.end);
    reader->vtable->close(reader);
}

int main(int argc, char **argv)
{
    static driver self;
    tide_text out;
    if (argc < 6 || argc > 5 + COLUMNS_MAX) {
        return 2;
    }
    for (int i = 5; i < argc; i++) {
        add_column(&self, argv[i]);
    }
    const char *patterns[] = {argv[2]};
    tide_cancel_init(&self.cancel);
    tide_budget_init(&self.budget, INT64_C(1) << 40);
    tide_source_plan_init(&self.plan);
    tide_text_init(&out);
    tide_file_source_options options = {
        .directory = argv[1],
        .patterns = patterns,
        .pattern_count = 1,
        .split_bytes = strtoull(argv[3], NULL, 10),
        .buffer_bytes = strtoull(argv[4], NULL, 10),
        .source = {.columns = {self.specs, self.column_count},
                   .layout = &self.layout,
                   .cancel = &self.cancel,
                   .budget = &self.budget},
    };
    need(&self, tide_source_layout_init(&self.layout, options.source.columns, false, &self.err));
    need(&self, tide_file_source_open(&options, &self.source, &self.err));
    need(&self, self.source->vtable->plan(self.source, NULL, &self.plan, &self.err));
    for (uint32_t i = 0; i < self.plan.split_count; i++) {
        read_split(&self, i, &out);
    }
    tide_text_clear(&out);
    tide_source_plan_clear(&self.plan);
    self.source->vtable->close(self.source);
    tide_source_layout_clear(&self.layout);
    return 0;
}
