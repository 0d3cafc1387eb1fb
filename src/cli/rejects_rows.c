/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rejects_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static void append_member(tide_text *out, const char *name, const char *value)
{
    tide_text_append_format(out, "\"%s\":", name);
    if (value == NULL) {
        tide_text_append(out, "null,");
    } else {
        tide_text_append_json_string(out, tide_str_of(value));
        tide_text_append_char(out, ',');
    }
}

/* It is JSON already, perhaps over several lines, which only blanks between tokens can break. */
static void append_values(tide_text *out, const char *values)
{
    for (const char *c = values; *c != '\0'; c++) {
        tide_text_append_char(out, *c == '\n' || *c == '\r' ? ' ' : *c);
    }
}

void tide_print_reject_members(const tide_kept_reject *kept, tide_text *out)
{
    const tide_reject *reject = &kept->reject;
    append_member(out, "stage", reject->stage);
    append_member(out, "position", reject->position);
    append_member(out, "step", reject->step);
    append_member(out, "column", reject->column);
    append_member(out, "sqlstate", reject->sqlstate);
    append_member(out, "reason", reject->reason);
    if (kept->run > 0) {
        tide_text_append_format(out, "\"run\":%" PRId64 ",", kept->run);
    } else {
        tide_text_append(out, "\"run\":null,");
    }
    tide_text_append_format(out, "\"undone\":%s,\"values\":", kept->undone ? "true" : "false");
    if (reject->values[0] == '{') {
        append_values(out, reject->values);
    } else { /* somebody has edited it */
        tide_text_append_json_string(out, tide_str_of(reject->values));
    }
}

static void print_json(const char *pipeline, const tide_kept_reject *kept, tide_text *out)
{
    tide_text_append_char(out, '{');
    append_member(out, "pipeline", pipeline);
    tide_print_reject_members(kept, out);
    tide_text_append(out, "}\n");
}

/* RFC 4180; null is nothing, the empty text is "". */
static void append_csv(tide_text *out, const char *value, char end)
{
    if (value != NULL && (value[0] == '\0' || strpbrk(value, ",\"\r\n") != NULL)) {
        tide_text_append_char(out, '"');
        for (const char *c = value; *c != '\0'; c++) {
            if (*c == '"') {
                tide_text_append_char(out, '"');
            }
            tide_text_append_char(out, *c);
        }
        tide_text_append_char(out, '"');
    } else if (value != NULL) {
        tide_text_append(out, value);
    }
    tide_text_append_char(out, end);
}

static void print_csv(const char *pipeline, const tide_kept_reject *kept, tide_text *out)
{
    char run[24];
    const tide_reject *reject = &kept->reject;
    (void)snprintf(run, sizeof run, "%" PRId64, kept->run);
    append_csv(out, pipeline, ',');
    append_csv(out, reject->stage, ',');
    append_csv(out, reject->position, ',');
    append_csv(out, reject->step, ',');
    append_csv(out, reject->column, ',');
    append_csv(out, reject->sqlstate, ',');
    append_csv(out, reject->reason, ',');
    append_csv(out, kept->run > 0 ? run : NULL, ',');
    append_csv(out, kept->undone ? "true" : "false", ',');
    append_csv(out, reject->values, '\n');
}

/* What is not for a terminal - a line break, an escape of a value - is shown as a blank. */
static void append_plain(tide_text *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        bool control = (unsigned char)*c < 0x20 || *c == 0x7f;
        tide_text_append_char(out, control ? ' ' : *c);
    }
}

static void print_line(const char *pipeline, const tide_kept_reject *kept, tide_text *out)
{
    const tide_reject *reject = &kept->reject;
    tide_text_append_format(out, "%s  %s  ", pipeline, reject->stage);
    append_plain(out, reject->position);
    if (reject->step != NULL) {
        tide_text_append_format(out, "  step %s", reject->step);
    }
    if (reject->sqlstate != NULL) {
        tide_text_append_format(out, "  %s", reject->sqlstate);
    }
    tide_text_append(out, "  ");
    if (reject->column != NULL) {
        tide_text_append_format(out, "column `%s`: ", reject->column);
    }
    append_plain(out, reject->reason);
    tide_text_append(out, kept->undone ? "  (undone)  " : "  ");
    append_plain(out, reject->values);
    tide_text_append_char(out, '\n');
}

static tide_code choose_form(const char *path, bool json, tide_rejects_form *form, tide_error *err)
{
    const char *dot = path == NULL ? NULL : strrchr(path, '.');
    *form = path == NULL && !json ? TIDE_REJECTS_LINES : TIDE_REJECTS_NDJSON;
    if (path == NULL || strcmp(path, "-") == 0) {
        return TIDE_OK;
    }
    if (dot != NULL && (strcmp(dot, ".ndjson") == 0 || strcmp(dot, ".jsonl") == 0)) {
        return TIDE_OK;
    }
    if (dot != NULL && strcmp(dot, ".csv") == 0) {
        *form = TIDE_REJECTS_CSV;
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                     "--export %s: the name says in which form: .csv, .ndjson or .jsonl; - is "
                     "NDJSON on standard output",
                     path);
}

static tide_code fail(const tide_rejects_writer *writer, const char *doing, tide_error *err)
{
    return TIDE_FAIL(err, TIDE_IO, "%s %s: %s; nothing was exported", doing,
                     writer->path == NULL ? "standard output" : writer->path, strerror(errno));
}

/* NULL with errno. */
static FILE *open_file(tide_rejects_writer *writer)
{
    tide_text name;
    tide_text_init(&name);
    tide_text_append_format(&name, "%s.%ld.partial", writer->path, (long)getpid());
    writer->temporary = tide_text_take(&name);
    errno = ENOMEM;
    return writer->temporary == NULL ? NULL : fopen(writer->temporary, "wxe");
}

tide_code tide_rejects_writer_begin(tide_rejects_writer *writer, const char *path, bool json,
                                    tide_error *err)
{
    *writer = (tide_rejects_writer){.file = stdout};
    tide_text_init(&writer->line);
    TIDE_TRY(choose_form(path, json, &writer->form, err));
    if (path != NULL && strcmp(path, "-") != 0) {
        writer->path = path;
        writer->file = open_file(writer);
    }
    if (writer->file == NULL) {
        return fail(writer, "writing", err);
    }
    if (writer->form == TIDE_REJECTS_CSV &&
        fputs("pipeline,stage,position,step,column,sqlstate,reason,run,undone,values\n",
              writer->file) < 0) {
        return fail(writer, "writing", err);
    }
    return TIDE_OK;
}

tide_code tide_rejects_writer_write(tide_rejects_writer *writer, const char *pipeline,
                                    const tide_kept_reject *kept, tide_error *err)
{
    static void (*const forms[])(const char *, const tide_kept_reject *, tide_text *) = {
        [TIDE_REJECTS_LINES] = print_line,
        [TIDE_REJECTS_NDJSON] = print_json,
        [TIDE_REJECTS_CSV] = print_csv,
    };
    tide_text_reset(&writer->line);
    forms[writer->form](pipeline, kept, &writer->line);
    if (tide_text_failed(&writer->line)) {
        return TIDE_FAIL_MEMORY(err, "printing rejects");
    }
    writer->row_count++;
    return fputs(tide_text_c(&writer->line), writer->file) < 0 ? fail(writer, "writing", err)
                                                               : TIDE_OK;
}

/* Another program may be told of the file at once: it is whole, and stays so. */
tide_code tide_rejects_writer_finish(tide_rejects_writer *writer, tide_error *err)
{
    if (fflush(writer->file) != 0) {
        return fail(writer, "writing", err);
    }
    if (writer->path == NULL) {
        return TIDE_OK;
    }
    if (fsync(fileno(writer->file)) != 0 || rename(writer->temporary, writer->path) != 0) {
        return fail(writer, "writing", err);
    }
    tide_free(writer->temporary);
    writer->temporary = NULL;
    return TIDE_OK;
}

void tide_rejects_writer_end(tide_rejects_writer *writer)
{
    if (writer->path != NULL && writer->file != NULL) {
        (void)fclose(writer->file);
    }
    if (writer->temporary != NULL && writer->file != NULL) {
        (void)unlink(writer->temporary);
    }
    tide_free(writer->temporary);
    tide_text_clear(&writer->line);
    *writer = (tide_rejects_writer){0};
}
