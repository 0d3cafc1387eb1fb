/* SPDX-License-Identifier: Apache-2.0 */
#include "run/init/init.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"

/* A pipeline's name is part of others: tidemill_state_<pipeline>, <table>_rejects. */
#define NAME_BYTES_MAX 44

static bool is_taken(const void *context, const char *name)
{
    const tide_init *init = context;
    for (size_t i = 0; i < init->name_count; i++) {
        if (strcmp(init->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

tide_code tide_init_name(tide_init *init, const char *from, const char **name, tide_error *err)
{
    char made[NAME_BYTES_MAX + 1];
    void *names = (void *)init->names;
    tide_init_snake_case(from, NAME_BYTES_MAX, made);
    *name = tide_init_unique_name(&init->arena, made, NAME_BYTES_MAX, is_taken, init);
    if (*name == NULL) {
        return TIDE_FAIL_MEMORY(err, "a name");
    }
    TIDE_TRY(
        tide_grow(&names, &init->name_capacity, init->name_count + 1, sizeof init->names[0], err));
    init->names = (const char **)names;
    init->names[init->name_count++] = *name;
    return TIDE_OK;
}

/* ${NAME} as the project file would have it. */
static tide_code expand(tide_init *init, const char **word, tide_error *err)
{
    const char *from = *word;
    const char *begin;
    tide_text text;
    if (from == NULL) {
        return TIDE_OK;
    }
    tide_text_init(&text);
    while ((begin = strstr(from, "${")) != NULL && strchr(begin, '}') != NULL) {
        const char *end = strchr(begin, '}');
        char *name =
            tide_arena_copy_str(&init->arena, (tide_str){begin + 2, (size_t)(end - begin) - 2});
        const char *value = name != NULL ? getenv(name) : NULL;
        if (value == NULL) {
            tide_text_clear(&text);
            return TIDE_FAIL(err, TIDE_E_USAGE, "`%s` is not set in the environment",
                             name != NULL ? name : "");
        }
        tide_text_append_str(&text, (tide_str){from, (size_t)(begin - from)});
        tide_text_append(&text, value);
        from = end + 1;
    }
    tide_text_append(&text, from);
    *word = tide_arena_copy_string(&init->arena, tide_text_c(&text));
    tide_text_clear(&text);
    return *word == NULL ? TIDE_FAIL_MEMORY(err, "a connection") : TIDE_OK;
}

/* What is written are the names; what is used to look are their values. */
static tide_code expand_connection(tide_init *init, tide_init_options *expanded, tide_error *err)
{
    TIDE_TRY(expand(init, &expanded->elasticsearch, err));
    TIDE_TRY(expand(init, &expanded->user, err));
    TIDE_TRY(expand(init, &expanded->password, err));
    TIDE_TRY(expand(init, &expanded->api_key, err));
    return expand(init, &expanded->ca_file, err);
}

static tide_code find_pipelines(tide_init *init, tide_error *err)
{
    tide_init_options expanded = *init->options;
    const tide_init_options *written = init->options;
    tide_init_write_head(init);
    if (expanded.elasticsearch == NULL) {
        return tide_init_files(init, err);
    }
    TIDE_TRY(expand_connection(init, &expanded, err));
    init->options = &expanded;
    tide_code code = tide_init_indices(init, err);
    init->options = written;
    return code;
}

tide_code tide_init_project(const tide_init_options *options, tide_init_result *result,
                            tide_error *err)
{
    tide_init init = {.options = options, .result = result};
    *result = (tide_init_result){0};
    tide_text_init(&result->yaml);
    tide_arena_init(&init.arena);
    tide_code code = find_pipelines(&init, err);
    if (code == TIDE_OK && tide_text_failed(&result->yaml)) {
        code = TIDE_FAIL_MEMORY(err, "a project file");
    }
    tide_free((void *)init.names);
    tide_arena_clear(&init.arena);
    return code;
}

void tide_init_result_clear(tide_init_result *result)
{
    tide_text_clear(&result->yaml);
}
