/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rejects_summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/rejects_rows.h"

/* Kinds that are told apart: beyond them the rest is one. */
#define KINDS_MAX 200
/* Of an example's values, for people. */
#define EXAMPLE_BYTES 160

struct tide_reject_kind {
    const char *stage, *step, *column, *sqlstate; /* the arena's, as all; NULL: none */
    const char *reason;                           /* the pattern */
    const char *position, *values, *example;      /* of the first one; example: JSON members */
    int64_t count;
    size_t order; /* of its first one */
};

void tide_rejects_summary_init(tide_rejects_summary *summary)
{
    *summary = (tide_rejects_summary){0};
    tide_arena_init(&summary->arena);
    tide_text_init(&summary->pattern);
}

void tide_rejects_summary_clear(tide_rejects_summary *summary)
{
    tide_free(summary->kinds);
    tide_arena_clear(&summary->arena);
    tide_text_clear(&summary->pattern);
    *summary = (tide_rejects_summary){0};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#define DIGITS "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Bytes of a name like "LATIN1" or "KOI8R", quotes included; 0 = no such. */
static size_t encoding_bytes(const char *text)
{
    size_t letters = text[0] == '"' ? strspn(text + 1, CAPITALS) : 0;
    if (letters < 2) {
        return 0;
    }
    size_t bytes = 1 + letters + strspn(text + 1 + letters, DIGITS CAPITALS);
    return text[bytes] == '"' ? bytes + 1 : 0;
}

/* Of digits, or of 0x and hexadecimal ones. */
static size_t number_bytes(const char *text)
{
    size_t hexadecimal =
        text[0] == '0' && text[1] == 'x' ? strspn(text + 2, DIGITS "abcdefABCDEF") : 0;
    return hexadecimal > 0 ? 2 + hexadecimal : strspn(text, DIGITS);
}

/* Of the name of a type, after a blank, whose digits are no value; else 0. */
static size_t type_bytes(const char *text)
{
    static const char *const names[] = {" int32", " int64"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size = strlen(names[i]);
        if (strncmp(text, names[i], size) == 0 && (text[size] == '\0' || text[size] == ' ')) {
            return size;
        }
    }
    return 0;
}

static void make_pattern(const char *reason, tide_text *out)
{
    tide_text_reset(out);
    while (*reason != '\0') {
        const char *close = *reason == '`' ? strchr(reason + 1, '`') : NULL;
        if (close != NULL) {
            tide_text_append(out, "`...`");
            reason = close + 1;
        } else if (is_digit(*reason)) {
            tide_text_append_char(out, 'N');
            reason += number_bytes(reason);
        } else if (type_bytes(reason) > 0) {
            tide_text_append_str(out, (tide_str){reason, type_bytes(reason)});
            reason += type_bytes(reason);
        } else if (encoding_bytes(reason) > 0) {
            tide_text_append_str(out, (tide_str){reason, encoding_bytes(reason)});
            reason += encoding_bytes(reason);
        } else {
            tide_text_append_char(out, *reason++);
        }
    }
}

static bool is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_of(const tide_reject_kind *kind, const tide_reject *reject, const char *pattern)
{
    return is_same(kind->stage, reject->stage) && is_same(kind->step, reject->step) &&
           is_same(kind->column, reject->column) && is_same(kind->sqlstate, reject->sqlstate) &&
           is_same(kind->reason, pattern);
}

static const char *keep(tide_rejects_summary *summary, const char *text, bool *failed)
{
    const char *kept = text == NULL ? NULL : tide_arena_copy_string(&summary->arena, text);
    *failed = *failed || (text != NULL && kept == NULL);
    return kept;
}

static tide_code add_kind(tide_rejects_summary *summary, const tide_kept_reject *kept,
                          const char *pattern, tide_error *err)
{
    const tide_reject *reject = &kept->reject;
    bool failed = false;
    tide_text example;
    tide_text_init(&example);
    tide_print_reject_members(kept, &example);
    TIDE_TRY(tide_grow((void **)&summary->kinds, &summary->kind_capacity, summary->kind_count + 1,
                       sizeof *summary->kinds, err));
    summary->kinds[summary->kind_count] = (tide_reject_kind){
        .stage = keep(summary, reject->stage, &failed),
        .step = keep(summary, reject->step, &failed),
        .column = keep(summary, reject->column, &failed),
        .sqlstate = keep(summary, reject->sqlstate, &failed),
        .reason = keep(summary, pattern, &failed),
        .position = keep(summary, reject->position, &failed),
        .values = keep(summary, reject->values, &failed),
        .example = keep(summary, tide_text_c(&example), &failed),
        .count = 1,
        .order = summary->kind_count,
    };
    failed = failed || tide_text_failed(&example);
    tide_text_clear(&example);
    summary->kind_count++;
    return failed ? TIDE_FAIL_MEMORY(err, "a summary of rejects") : TIDE_OK;
}

tide_code tide_rejects_summary_add(tide_rejects_summary *summary, const tide_kept_reject *kept,
                                   tide_error *err)
{
    static const tide_reject rest = {
        .stage = "other", .position = "", .reason = "kinds beyond the first", .values = "{}"};
    tide_kept_reject counted = *kept;
    summary->count++;
    summary->undone += kept->undone;
    summary->retriable += !kept->undone && strcmp(kept->reject.stage, "load") == 0;
    make_pattern(kept->reject.reason, &summary->pattern);
    for (int pass = 0; pass < 2; pass++) {
        if (tide_text_failed(&summary->pattern)) {
            return TIDE_FAIL_MEMORY(err, "a summary of rejects");
        }
        for (size_t i = 0; i < summary->kind_count; i++) {
            if (is_of(&summary->kinds[i], &counted.reject, tide_text_c(&summary->pattern))) {
                summary->kinds[i].count++;
                return TIDE_OK;
            }
        }
        if (summary->kind_count < KINDS_MAX) {
            break;
        }
        counted.reject = rest;
        make_pattern(rest.reason, &summary->pattern);
    }
    return add_kind(summary, &counted, tide_text_c(&summary->pattern), err);
}

static int compare_kinds(const void *a, const void *b)
{
    const tide_reject_kind *left = a;
    const tide_reject_kind *right = b;
    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    return left->order < right->order ? -1 : 1;
}

static void sort_kinds(tide_rejects_summary *summary)
{
    if (summary->kind_count > 1) {
        qsort(summary->kinds, summary->kind_count, sizeof *summary->kinds, compare_kinds);
    }
}

/* At most so many bytes, never half a character, nothing that a terminal would obey. */
static void append_short(tide_text *out, const char *text)
{
    size_t size = strlen(text);
    size_t shown = size < EXAMPLE_BYTES ? size : EXAMPLE_BYTES;
    while (shown < size && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80) {
        shown--;
    }
    for (size_t i = 0; i < shown; i++) {
        bool control = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;
        tide_text_append_char(out, control ? ' ' : text[i]);
    }
    tide_text_append(out, shown < size ? "..." : "");
}

static void print_kind(const tide_reject_kind *kind, tide_text *out)
{
    char count[40];
    tide_text_append_format(out, "  %12s  %s", tide_format_count(kind->count, count), kind->stage);
    if (kind->step != NULL) {
        tide_text_append_format(out, ", step %s", kind->step);
    }
    if (kind->sqlstate != NULL) {
        tide_text_append_format(out, ", %s", kind->sqlstate);
    }
    tide_text_append(out, ": ");
    if (kind->column != NULL) {
        tide_text_append_format(out, "column `%s`: ", kind->column);
    }
    append_short(out, kind->reason);
    if (kind->position[0] != '\0') {
        tide_text_append(out, "\n                such as ");
        append_short(out, kind->position);
        tide_text_append(out, "  ");
        append_short(out, kind->values);
    }
    tide_text_append_char(out, '\n');
}

static void print_next(const tide_rejects_summary *summary, const char *name,
                       const char *project_path, tide_text *out)
{
    char count[40];
    bool usual_path = strcmp(project_path, "tidemill.yaml") == 0;
    const char *option = usual_path ? "" : " -f ";
    const char *path = usual_path ? "" : project_path;
    if (summary->undone > 0) {
        tide_text_append_format(out,
                                "  next      tidemill run%s%s %s   (%s of units that were rolled "
                                "back: it takes them again, once the cause is mended)\n",
                                option, path, name, tide_format_count(summary->undone, count));
    }
    if (summary->retriable > 0) {
        tide_text_append_format(
            out,
            "  %s  tidemill rejects%s%s retry %s   (loads %s again, once the cause is mended)\n",
            summary->undone > 0 ? "then    " : "next    ", option, path, name,
            tide_format_count(summary->retriable, count));
    }
    if (summary->undone + summary->retriable < summary->count) {
        tide_text_append(out,
                         "  note: rows of `decode` and `step` can only be read again, see "
                         "docs/rejects.md\n");
    }
}

void tide_rejects_summary_print(tide_rejects_summary *summary, const tide_pipeline *pipeline,
                                const char *project_path, tide_text *out)
{
    char count[40];
    const char *name = pipeline->config->name;
    if (summary->count == 0) {
        tide_text_append_format(out, "%s: no rejects\n", name);
        return;
    }
    sort_kinds(summary);
    tide_text_append_format(out, "%s: %s rejects in `%s_rejects`\n", name,
                            tide_format_count(summary->count, count), pipeline->config->sink.table);
    for (size_t i = 0; i < summary->kind_count; i++) {
        print_kind(&summary->kinds[i], out);
    }
    print_next(summary, name, project_path, out);
}

static void print_kind_json(const tide_reject_kind *kind, tide_text *out)
{
    const char *const names[] = {"stage", "step", "column", "sqlstate", "reason"};
    const char *const texts[] = {kind->stage, kind->step, kind->column, kind->sqlstate,
                                 kind->reason};
    tide_text_append_format(out, "{\"rows\":%" PRId64, kind->count);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tide_text_append_format(out, ",\"%s\":", names[i]);
        if (texts[i] == NULL) {
            tide_text_append(out, "null");
        } else {
            tide_text_append_json_string(out, tide_str_of(texts[i]));
        }
    }
    tide_text_append_format(out, ",\"example\":{%s}}", kind->example);
}

void tide_rejects_summary_print_json(tide_rejects_summary *summary, const tide_pipeline *pipeline,
                                     tide_text *out)
{
    sort_kinds(summary);
    tide_text_append(out, "{\"pipeline\":");
    tide_text_append_json_string(out, tide_str_of(pipeline->config->name));
    tide_text_append_format(out,
                            ",\"rejects\":%" PRId64 ",\"undone\":%" PRId64 ",\"retriable\":%" PRId64
                            ",\"kinds\":[",
                            summary->count, summary->undone, summary->retriable);
    for (size_t i = 0; i < summary->kind_count; i++) {
        tide_text_append(out, i == 0 ? "" : ",");
        print_kind_json(&summary->kinds[i], out);
    }
    tide_text_append(out, "]}");
}
