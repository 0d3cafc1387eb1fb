/* SPDX-License-Identifier: Apache-2.0 */
/* Is each index still the one that was planned? Searches go by name, and an index that is deleted
 * and made anew before its turn, or gives its name to an alias, answers to the same name, with
 * another mapping. So the question comes after its documents were asked for, and before they are
 * committed:
 *
 *   all is read, then loaded      once, for all indices
 *   splits commit one by one      by each reader, after its last page
 *
 * One that is gone or closed by then was read to its end. */
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/reader_state.h"

#define SETTINGS                                                                    \
    "/_settings?ignore_unavailable=true&allow_no_indices=true&expand_wildcards=all" \
    "&filter_path=*.settings.index.uuid"

typedef struct verification {
    const tide_es_indices *indices;
    tide_http *http;
    tide_http_answer *answer;
    const char *advice;
    bool *found; /* of each index: it is there, as it was planned */
    bool forbidden;
} verification;

/* Concrete names were asked for: another one in the answer is what an alias leads to. */
static tide_code compare_index(const verification *v, const tide_json_node *at, const char *uuid,
                               tide_error *err)
{
    const tide_es_index *index = tide_es_indices_find(v->indices, at->key);
    if (index == NULL) {
        return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                         "%s: after the run was planned, the name of an index was given to an "
                         "alias, which leads to index `%s`: %s",
                         tide_http_url(v->http), at->key, v->advice);
    }
    if (strcmp(index->uuid, uuid) != 0) {
        return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                         "%s: index `%s` was deleted and made anew after the run was planned "
                         "(uuid %s, was %s): %s",
                         tide_http_url(v->http), index->name, uuid, index->uuid, v->advice);
    }
    v->found[index - v->indices->items] = true;
    return TIDE_OK;
}

/* An index that was found stays so, whatever else another answer says. */
static tide_code compare(void *context, const tide_json_node *root, tide_arena *arena,
                         tide_error *err)
{
    const verification *v = context;
    bool is_answer = root->kind == TIDE_JSON_OBJECT;
    (void)arena;
    for (const tide_json_node *at = root->first_child; at != NULL && is_answer; at = at->next) {
        const char *uuid =
            tide_json_text(tide_json_path(at, "settings", "index", "uuid", TIDE_JSON_END));
        is_answer = uuid != NULL;
        if (is_answer) {
            TIDE_TRY(compare_index(v, at, uuid, err));
        }
    }
    return is_answer ? TIDE_OK
                     : TIDE_FAIL(err, TIDE_E_STRANGE_ANSWER,
                                 "%s: the answer to the question for the uuid of indices is none",
                                 tide_http_url(v->http));
}

static tide_code ask(void *context, const char *path, tide_error *err)
{
    verification *v = context;
    tide_http_request request = {.method = "GET", .path = path, .repeatable = true};
    return tide_es_ask_and_visit(v->http, &request, v->answer, compare, v, err);
}

/* Who may not see settings can't be told. */
static tide_code ask_all(verification *v, tide_error *err)
{
    tide_code code = tide_es_indices_in_groups(v->indices, "/", SETTINGS, ask, v, err);
    v->forbidden = code != TIDE_OK && v->answer->status == 403;
    if (v->forbidden) {
        tide_error_clear(err);
        code = TIDE_OK;
    }
    return code;
}

/* Each that is not found, by itself: it is gone, or its name leads to another one that was
 * planned. */
static tide_code ask_for_the_others(const verification *v, tide_error *err)
{
    for (size_t i = 0; i < v->indices->count && !v->forbidden; i++) {
        bool found = v->found[i];
        tide_es_indices one = {.items = &v->indices->items[i], .count = 1};
        verification alone = *v;
        alone.indices = &one;
        alone.found = &found;
        if (!found) {
            TIDE_TRY(ask_all(&alone, err));
        }
    }
    return TIDE_OK;
}

tide_code tide_es_verify(tide_source *base, const tide_source_plan *plan, tide_error *err)
{
    (void)plan; /* the source remembers */
    tide_es_source *source = (tide_es_source *)base;
    tide_http_answer answer;
    tide_http_answer_init(&answer, source->engine.budget);
    verification v = {.indices = &source->indices,
                      .answer = &answer,
                      .advice =
                          "what was read of it is of either, and nothing of the run is "
                          "loaded; `run --new` plans and reads anew"};
    v.found = tide_alloc_zero(source->indices.count + 1, sizeof *v.found);
    tide_code code = v.found == NULL ? TIDE_FAIL_MEMORY(err, "the indices of a source") : TIDE_OK;
    if (code == TIDE_OK) {
        code = tide_es_source_take_http(source, &v.http, err);
    }
    if (code == TIDE_OK) {
        code = ask_all(&v, err);
    }
    if (code == TIDE_OK) {
        code = ask_for_the_others(&v, err);
    }
    tide_es_source_return_http(source, v.http);
    tide_free(v.found);
    tide_http_answer_clear(&answer);
    return code;
}

/* The index alone, as a list that is borrowed: never cleared. */
static verification of_reader(tide_es_reader *r, tide_es_indices *one, bool *found)
{
    *found = false;
    *one = (tide_es_indices){.items = &r->source->indices.items[r->split->member], .count = 1};
    return (verification){.indices = one,
                          .http = r->http,
                          .answer = tide_es_reader_answer(r),
                          .found = found,
                          .advice =
                              "what was read of it since is not loaded. What this run had "
                              "loaded before stays, and `run --new`, which plans and reads "
                              "all anew, appends to it"};
}

static tide_code begin(void *context, const char *path, tide_error *err)
{
    tide_es_reader *r = context;
    TIDE_TRY(tide_es_message_ask(&r->message, path, err));
    tide_code code = tide_http_begin(r->http, &r->message.request, tide_es_reader_answer(r), err);
    r->asks_who = code == TIDE_OK;
    return code;
}

/* The answer in turn has been decoded: there is room for this one. */
tide_code tide_es_reader_ask_who(tide_es_reader *r, tide_error *err)
{
    tide_es_indices one;
    bool found;
    (void)of_reader(r, &one, &found);
    return tide_es_indices_in_groups(&one, "/", SETTINGS, begin, r, err);
}

/* What came of the question that is under way; *told: it is an answer. */
static tide_code hear(tide_es_reader *r, verification *v, bool *told, tide_error *err)
{
    r->asks_who = false;
    tide_code code = tide_http_finish(r->http, err);
    if (code != TIDE_OK || v->answer->status >= 300) {
        *told = code == TIDE_OK && v->answer->status == 403;
        return code == TIDE_REMOTE_RETRY ? TIDE_OK : code;
    }
    const tide_json_node *root = NULL;
    tide_arena arena;
    tide_arena_init(&arena);
    code = tide_json_tree_parse(&arena, tide_http_answer_text(v->answer), &root, err);
    if (code == TIDE_OK) {
        code = compare(v, root, &arena, err);
    }
    *told = code == TIDE_OK;
    tide_arena_clear(&arena);
    return code == TIDE_BAD_DATA || code == TIDE_REMOTE_RETRY ? TIDE_OK : code;
}

tide_code tide_es_reader_check_who(tide_es_reader *r, tide_error *err)
{
    tide_es_indices one;
    bool found;
    verification v = of_reader(r, &one, &found);
    if (!r->knows_who && r->asks_who) {
        TIDE_TRY(hear(r, &v, &r->knows_who, err));
        tide_error_clear(err);
    }
    if (!r->knows_who) {
        TIDE_TRY(ask_all(&v, err));
    }
    r->knows_who = true;
    return TIDE_OK;
}
