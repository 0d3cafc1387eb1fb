/* SPDX-License-Identifier: Apache-2.0 */
#include "run/diagnostics.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/problem.h"

void tide_diagnostics_init(tide_diagnostics *diagnostics, const char *path)
{
    *diagnostics = (tide_diagnostics){.path = path};
    tide_arena_init(&diagnostics->arena);
}

void tide_diagnostics_clear(tide_diagnostics *diagnostics)
{
    tide_arena_clear(&diagnostics->arena);
    tide_free(diagnostics->items);
    diagnostics->items = NULL;
    diagnostics->count = diagnostics->capacity = 0;
}

static void add_message(tide_diagnostics *diagnostics, tide_mark mark, const char *message)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    if (message == NULL ||
        tide_grow((void **)&diagnostics->items, &diagnostics->capacity, diagnostics->count + 1,
                  sizeof *diagnostics->items, &ignored) != TIDE_OK) {
        diagnostics->failed = true;
        return;
    }
    diagnostics->items[diagnostics->count++] = (tide_diagnostic){mark, message};
}

void tide_diagnostics_add(tide_diagnostics *diagnostics, tide_mark mark, const char *format, ...)
{
    char message[TIDE_ERROR_MESSAGE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    add_message(diagnostics, mark, tide_arena_copy_string(&diagnostics->arena, message));
}

void tide_diagnostics_add_unknown(tide_diagnostics *diagnostics, tide_mark mark, const char *what,
                                  const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = tide_text_nearest(word, candidates, count);
    if (nearest != NULL) {
        tide_diagnostics_add(diagnostics, mark, "unknown %s `%s`: did you mean `%s`?", what, word,
                             nearest);
        return;
    }
    tide_text list;
    tide_text_init(&list);
    for (size_t i = 0; i < count; i++) {
        tide_text_append_format(&list, "%s%s", i == 0 ? "" : ", ", candidates[i]);
    }
    tide_diagnostics_add(diagnostics, mark, "unknown %s `%s`; there are: %s", what, word,
                         count == 0 ? "none" : tide_text_c(&list));
    tide_text_clear(&list);
}

static int compare_places(const void *a, const void *b)
{
    const tide_diagnostic *x = a;
    const tide_diagnostic *y = b;
    if (x->mark.line != y->mark.line) {
        return x->mark.line < y->mark.line ? -1 : 1;
    }
    return (x->mark.column > y->mark.column) - (x->mark.column < y->mark.column);
}

void tide_diagnostics_sort(tide_diagnostics *diagnostics)
{
    if (diagnostics->count > 1) {
        qsort(diagnostics->items, diagnostics->count, sizeof *diagnostics->items, compare_places);
    }
}

void tide_diagnostic_print(const tide_diagnostics *diagnostics, size_t i, tide_text *out)
{
    const tide_diagnostic *item = &diagnostics->items[i];
    tide_text_append(out, diagnostics->path);
    if (item->mark.line > 0) {
        tide_text_append_format(out, ":%d:%d", item->mark.line, item->mark.column);
    }
    tide_text_append_format(out, ": %s", item->message);
}

tide_code tide_diagnostics_raise(tide_diagnostics *diagnostics, tide_error *err)
{
    if (diagnostics->failed) {
        return TIDE_FAIL_MEMORY(err, "checking the project file");
    }
    if (diagnostics->count == 0) {
        return TIDE_OK;
    }
    tide_diagnostics_sort(diagnostics);
    tide_text all;
    tide_text_init(&all);
    for (size_t i = 0; i < diagnostics->count; i++) {
        tide_text_append(&all, i == 0 ? "" : "\n");
        tide_diagnostic_print(diagnostics, i, &all);
    }
    tide_code code = tide_text_failed(&all)
                         ? TIDE_FAIL_MEMORY(err, "what is wrong with the project file")
                         : TIDE_FAIL(err, TIDE_E_FINDINGS, "%s", tide_text_c(&all));
    tide_text_clear(&all);
    return code;
}
