/* SPDX-License-Identifier: Apache-2.0 */
/* The project file's text. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "run/init/init.h"

#define COMMENT_COLUMN 56

static bool is_plain(const char *text)
{
    size_t size = strlen(text);
    return size > 0 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               size &&
           strspn(text, "0123456789_") < size && strcmp(text, "null") != 0 &&
           strcmp(text, "true") != 0 && strcmp(text, "false") != 0 && strcmp(text, "yes") != 0 &&
           strcmp(text, "no") != 0 && strcmp(text, "on") != 0 && strcmp(text, "off") != 0 &&
           strcmp(text, "y") != 0 && strcmp(text, "n") != 0;
}

void tide_init_append_scalar(tide_text *out, const char *text)
{
    if (is_plain(text)) {
        tide_text_append(out, text);
    } else {
        tide_text_append_json_string(out, tide_str_of(text));
    }
}

static void append_key(tide_text *out, const char *key, const char *value)
{
    if (value != NULL) {
        tide_text_append_format(out, ", %s: ", key);
        tide_init_append_scalar(out, value);
    }
}

void tide_init_write_head(tide_init *init)
{
    tide_text *out = &init->result->yaml;
    const tide_init_options *o = init->options;
    tide_text_append(out,
                     "# Written by `tidemill init`. Guesses are explained where they stand; look "
                     "through them, then:\n"
                     "#   tidemill check     looks whether all of it fits, and changes nothing\n"
                     "#   tidemill run       loads all pipelines; `tidemill run NAME` one of "
                     "them\n"
                     "connections:\n");
    if (o->elasticsearch != NULL) {
        tide_text_append(out, "  search: {elasticsearch: ");
        tide_init_append_scalar(out, o->elasticsearch);
        append_key(out, "user", o->user);
        append_key(out, "password", o->password);
        append_key(out, "api_key", o->api_key);
        append_key(out, "ca_file", o->ca_file);
        tide_text_append(out, "}\n");
    }
    tide_text_append_format(out, "  out: {%s: ", o->sink_kind);
    tide_init_append_scalar(out, o->sink_place);
    tide_text_append(out, "}\n\npipelines:\n");
}

/* Of what orders values; of others it would say nothing. */
static void append_range(const tide_init_column *column, tide_text *out)
{
    const tide_init_field *f = column->field;
    char from[48];
    char to[48];
    if (strcmp(column->type, "text") == 0 || strcmp(column->type, "json") == 0) {
        return;
    }
    if (f->dates + f->times > 0) {
        tide_format_instant(f->min_time, from);
        tide_format_instant(f->max_time, to);
        tide_text_append_format(out, ", %s .. %s", from, to);
    } else if (f->integers + f->integer_texts > 0) {
        tide_text_append_format(out, ", %lld .. %lld", (long long)f->min_integer,
                                (long long)f->max_integer);
    }
}

/* "keyword; in 998 of 1000, 57 distinct; why" */
static void append_facts(const tide_profile *profile, const tide_init_column *column,
                         tide_text *out)
{
    const tide_init_field *f = column->field;
    int64_t found = tide_init_scalars(f) + f->arrays + f->objects;
    if (f->mapped != NULL) {
        tide_text_append_format(out, "%s; ", f->mapped);
    }
    if (profile->row_count == 0) {
        tide_text_append(out, "nothing sampled");
    } else if (found == 0 && f->nulls == 0) {
        tide_text_append(out, "in none of the sample");
    } else {
        tide_text_append_format(out, "in %lld of %lld", (long long)found,
                                (long long)profile->row_count);
    }
    if (f->hash_count > 0) {
        tide_text_append_format(out, ", %zu distinct", f->distinct);
        append_range(column, out);
    }
    if (column->why != NULL) {
        tide_text_append_format(out, "; %s", column->why);
    }
}

static void append_comment(tide_text *out, const char *text)
{
    for (; *text != '\0'; text++) {
        tide_text_append_char(out, (unsigned char)*text < ' ' ? ' ' : *text);
    }
}

static void append_column(const tide_profile *profile, const tide_init_column *column,
                          tide_text *out)
{
    tide_text line;
    tide_text facts;
    bool same = strcmp(column->name, column->field->path) == 0;
    tide_text_init(&line);
    tide_text_init(&facts);
    tide_text_append_format(&line, "      %s", column->why_not != NULL ? "# " : "");
    tide_init_append_scalar(&line, column->name);
    tide_text_append(&line, ": ");
    tide_text options;
    tide_text_init(&options);
    append_key(&options, "from", same ? NULL : column->field->path);
    append_key(&options, "format", column->format);
    tide_text_append(&options, column->in_utc ? ", zone: UTC" : "");
    tide_text_append(&options, column->truncates ? ", truncate: true" : "");
    tide_text_append(&options, column->takes_arrays ? ", array: json" : "");
    bool plain = is_plain(column->type);
    const char *quote = plain ? "" : "\"";
    if (options.size > 0) {
        tide_text_append_format(&line, "{type: %s%s%s%s}", quote, column->type, quote,
                                tide_text_c(&options));
    } else {
        tide_text_append_format(&line, "%s%s%s", quote, column->type, quote);
    }
    append_facts(profile, column, &facts);
    if (column->why_not != NULL) {
        tide_text_append_format(&facts, "; left out: %s", column->why_not);
    }
    tide_text_append_format(out, "%-*s  # ", COMMENT_COLUMN, tide_text_c(&line));
    append_comment(out, tide_text_c(&facts));
    tide_text_append_char(out, '\n');
    tide_text_clear(&options);
    tide_text_clear(&line);
    tide_text_clear(&facts);
}

static void append_candidate(const char *what, const tide_init_column *column,
                             const tide_profile *profile, tide_text *out)
{
    if (column == NULL) {
        tide_text_append_format(out, "  # %s: no candidate in the sample\n", what);
        return;
    }
    const tide_init_field *f = column->field;
    tide_text_append_format(out, "  # %s: %s is the best candidate (in %zu of %lld, %zu distinct",
                            what, column->name, f->hash_count, (long long)profile->row_count,
                            f->distinct);
    append_range(column, out);
    tide_text_append(out, ")\n");
}

static void append_head(const tide_init_pipeline *p, const tide_init_columns *columns,
                        tide_text *out)
{
    tide_text_append(out, "  # ");
    append_comment(out, p->what);
    tide_text_append_format(out, "; %lld %s sampled\n", (long long)p->profile->row_count,
                            p->is_index ? "documents" : "records");
    append_candidate("time", columns->time, p->profile, out);
    append_candidate("series", columns->series, p->profile, out);
    if (p->is_index) {
        tide_text_append(out, "  # key: _id, which every document has\n");
    } else {
        append_candidate("key", columns->key, p->profile, out);
    }
}

/* The simplest thing that is right for any data, and what it can become. */
static void append_sink(const tide_init *init, const tide_init_pipeline *p,
                        const tide_init_columns *columns, tide_text *out)
{
    bool is_csv = strcmp(init->options->sink_kind, "csv") == 0;
    tide_text_append_format(out, "    sink: {connection: out, table: %s, mode: %s}\n", p->name,
                            p->is_index ? "replace" : "append");
    if (p->is_index) {
        tide_text_append(out,
                         "    # replace: after each run the table is what the index is, "
                         "changed and deleted documents included\n");
    } else {
        tide_text_append(out,
                         "    # append: each run reads the files that are new or have grown\n");
    }
    if (p->is_index && columns->time != NULL && !is_csv) {
        tide_text_append_format(
            out,
            "    # To read only what is new, if %s is set whenever a document is written:\n"
            "    #   cursor: %s\n"
            "    #   sink: {connection: out, table: %s, mode: merge, key: [document_id], "
            "newest: %s}\n",
            columns->time->name, columns->time->name, p->name, columns->time->name);
    }
    if (columns->time != NULL && columns->series != NULL) {
        tide_text_append_format(out,
                                "    # To take each series through steps in order, day by day, "
                                "with mode append:\n"
                                "    #   series: %s\n    #   time: %s\n    #   timezone: UTC\n",
                                columns->series->name, columns->time->name);
    }
}

static void append_pipeline(tide_init *init, const tide_init_pipeline *p,
                            const tide_init_columns *columns, tide_text *out)
{
    append_head(p, columns, out);
    tide_text_append(out, "  ");
    tide_init_append_scalar(out, p->name);
    tide_text_append_format(out, ":\n    source: %s\n    columns:\n", p->source);
    if (p->is_index) {
        tide_text_append(out, "      document_id: {type: text, from: _id}\n");
        tide_text_append(out,
                         p->is_family ? "      document_index: {type: text, from: _index}\n" : "");
    }
    for (size_t i = 0; i < columns->count; i++) {
        append_column(p->profile, &columns->items[i], out);
        init->result->left_out_count += columns->items[i].why_not != NULL;
        init->result->column_count += columns->items[i].why_not == NULL;
    }
    append_sink(init, p, columns, out);
}

/* What can't be read stays as a comment, so that it is seen. */
static void append_as_comment(tide_text *out, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        tide_text_append_format(out, "  #%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

tide_code tide_init_write_pipeline(tide_init *init, tide_init_pipeline *pipeline, tide_error *err)
{
    static const char *const reserved[] = {"document_id", "document_index", NULL};
    tide_init_columns columns = {0};
    tide_text text;
    tide_text *out = &init->result->yaml;
    bool has_columns = pipeline->is_index;
    tide_code code = tide_init_choose_columns(pipeline->profile, pipeline->by_texts,
                                              pipeline->is_index ? reserved : NULL, &columns, err);
    if (code != TIDE_OK) {
        tide_init_columns_clear(&columns);
        return code;
    }
    for (size_t i = 0; i < columns.count; i++) {
        has_columns = has_columns || columns.items[i].why_not == NULL;
    }
    if (pipeline->trouble == NULL && !has_columns) {
        pipeline->trouble = "nothing was found that could be a column";
    }
    tide_text_init(&text);
    append_pipeline(init, pipeline, &columns, &text);
    if (pipeline->trouble != NULL) {
        tide_text_append_format(out, "  # left out: %s\n", pipeline->trouble);
        append_as_comment(out, tide_text_c(&text));
    } else {
        tide_text_append(out, tide_text_c(&text));
        init->result->pipeline_count++;
    }
    tide_text_append_char(out, '\n');
    code = tide_text_failed(&text) ? TIDE_FAIL_MEMORY(err, "a pipeline") : TIDE_OK;
    tide_text_clear(&text);
    tide_init_columns_clear(&columns);
    return code;
}
