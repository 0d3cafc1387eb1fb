/* SPDX-License-Identifier: Apache-2.0 */
#include "source/elasticsearch/elasticsearch_source.h"

#include <string.h>

#include "base/calendar.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/source_state.h"

#define KEEP_ALIVE_MS (INT64_C(5) * 60 * 1000)
#define KEEP_ALIVE_MS_MIN 1000

/* Giving contexts back must not hold up the end of a run: what is not answered by then expires. */
#define CLOSE_TIMEOUT_MS 3000

static tide_code copy_query(tide_es_source *source, const char *query, tide_error *err)
{
    if (query == NULL || *query == '\0') {
        return TIDE_OK;
    }
    const tide_json_node *root = NULL;
    tide_code code = tide_json_tree_parse(&source->arena, tide_str_of(query), &root, err);
    if (code == TIDE_BAD_DATA || (code == TIDE_OK && root->kind != TIDE_JSON_OBJECT)) {
        return TIDE_FAIL(
            err, TIDE_E_QUERY,
            "the query is not a JSON object such as {\"term\": {\"channel\": \"app\"}}");
    }
    TIDE_TRY(code);
    if (tide_json_member(root, "query") != NULL) {
        return TIDE_FAIL(err, TIDE_E_QUERY,
                         "the query has a `query` inside: give what stands in it, without size, "
                         "sort and the like");
    }
    source->query = tide_arena_copy_string(&source->arena, query);
    return source->query != NULL ? TIDE_OK : TIDE_FAIL_MEMORY(err, "the query");
}

static tide_code copy_patterns(tide_es_source *source, const tide_es_options *options,
                               tide_error *err)
{
    if (options->index_count == 0) {
        return TIDE_FAIL(err, TIDE_E_NO_INDEX, "elasticsearch needs an index name or pattern");
    }
    source->patterns =
        tide_arena_alloc_zero(&source->arena, options->index_count, sizeof *source->patterns);
    if (source->patterns == NULL) {
        return TIDE_FAIL_MEMORY(err, "index names");
    }
    for (size_t i = 0; i < options->index_count; i++) {
        source->patterns[i] = tide_arena_copy_string(&source->arena, options->indices[i]);
        if (source->patterns[i] == NULL) {
            return TIDE_FAIL_MEMORY(err, "index names");
        }
        source->pattern_count++;
    }
    return TIDE_OK;
}

static tide_code copy_numbers(tide_es_source *source, const tide_es_options *options,
                              tide_error *err)
{
    source->page_size = options->page_size;
    source->slices = options->slices;
    source->snapshot = options->snapshot;
    source->allow_empty = options->allow_empty;
    source->keep_alive_ms = options->keep_alive_ms > 0 ? options->keep_alive_ms : KEEP_ALIVE_MS;
    if (source->page_size > TIDE_BATCH_ROWS_MAX) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "page_size is %u: at most %d", source->page_size,
                         TIDE_BATCH_ROWS_MAX);
    }
    if (source->slices > TIDE_SLICES_MAX) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "slices is %u: at most %d", source->slices,
                         TIDE_SLICES_MAX);
    }
    if (source->keep_alive_ms < KEEP_ALIVE_MS_MIN) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "keep_alive is less than a second");
    }
    return TIDE_OK;
}

static void note_metadata(tide_es_source *source)
{
    for (size_t i = 0; i < source->engine.columns.count; i++) {
        tide_origin origin = source->engine.columns.specs[i].origin;
        source->wants_seq_no = source->wants_seq_no || origin == TIDE_FROM_SEQ_NO;
        source->wants_version = source->wants_version || origin == TIDE_FROM_VERSION;
    }
}

/* Takes a leftover out of the list, or NULL. */
static tide_es_leftover *take_leftover(tide_es_source *source)
{
    tide_mutex_lock(&source->leftover_guard);
    tide_es_leftover *leftover = source->leftovers;
    if (leftover != NULL) {
        source->leftovers = leftover->next;
    }
    tide_mutex_unlock(&source->leftover_guard);
    return leftover;
}

static void free_leftover(tide_es_leftover *leftover)
{
    tide_free(leftover->id);
    tide_free(leftover);
}

/* Without memory for it, it is left to expire. */
static void keep_leftover(tide_es_source *source, tide_str id, bool pit)
{
    tide_es_leftover *leftover = tide_alloc_zero(1, sizeof *leftover);
    char *copy = tide_alloc(id.size + 1);
    if (leftover == NULL || copy == NULL) {
        tide_free(leftover);
        tide_free(copy);
        return;
    }
    memcpy(copy, id.data, id.size);
    copy[id.size] = '\0';
    leftover->id = copy;
    leftover->pit = pit;
    tide_mutex_lock(&source->leftover_guard);
    leftover->next = source->leftovers;
    source->leftovers = leftover;
    tide_mutex_unlock(&source->leftover_guard);
}

/* Gone already (404) is as good as closed. */
static bool close_context(tide_es_source *source, tide_http *http, tide_http_answer *answer,
                          tide_str id, bool pit)
{
    tide_error ignored;
    tide_error_clear(&ignored);
    tide_es_message message;
    tide_es_message_init(&message);
    tide_code code = pit ? tide_es_pit_close(&message, source->server.opensearch, id, &ignored)
                         : tide_es_scroll_close(&message, id, &ignored);
    if (code == TIDE_OK) {
        message.request.despite_cancel = true;
        message.request.timeout_ms = CLOSE_TIMEOUT_MS;
        code = tide_http_send(http, &message.request, answer, &ignored);
    }
    tide_es_message_clear(&message);
    return code == TIDE_OK && (answer->status < 300 || answer->status == 404);
}

void tide_es_source_close_context(tide_es_source *source, tide_http *http, tide_http_answer *answer,
                                  tide_str id, bool pit)
{
    if (!close_context(source, http, answer, id, pit)) {
        keep_leftover(source, id, pit);
    }
}

/* PITs whose slices were not all read. */
static void collect_snapshots(tide_es_source *source)
{
    for (size_t i = 0; source->snapshots != NULL && i < source->indices.count; i++) {
        tide_es_closing closing;
        tide_es_snapshot_abandon(&source->snapshots[i], &closing);
        if (closing.id.size > 0) {
            keep_leftover(source, (tide_str){closing.id.data, closing.id.size}, true);
        }
        tide_es_contexts_give(&source->contexts, closing.contexts);
        tide_text_clear(&closing.id);
        tide_es_snapshot_clear(&source->snapshots[i]);
    }
}

/* A server that does not answer must not hold up the end once for each. */
static void close_leftovers(tide_es_source *source)
{
    if (source->leftovers == NULL) {
        return;
    }
    tide_error ignored;
    tide_error_clear(&ignored);
    tide_http *http = NULL;
    tide_http_answer answer;
    tide_http_answer_init(&answer, source->engine.budget);
    bool reachable = tide_es_source_take_http(source, &http, &ignored) == TIDE_OK;
    int64_t deadline = tide_monotonic_micros() + 1000 * (int64_t)CLOSE_TIMEOUT_MS;
    tide_es_leftover *leftover;
    while ((leftover = take_leftover(source)) != NULL) {
        tide_str id = tide_str_of(leftover->id);
        /* Twice: for one that was open until now this is the first time. */
        for (int i = 0; i < 2 && reachable && tide_monotonic_micros() < deadline; i++) {
            if (close_context(source, http, &answer, id, leftover->pit)) {
                break;
            }
        }
        free_leftover(leftover);
    }
    tide_es_source_return_http(source, http);
    tide_http_answer_clear(&answer);
}

static void close_source(tide_source *base)
{
    tide_es_source *source = (tide_es_source *)base;
    collect_snapshots(source);
    close_leftovers(source);
    tide_es_source_destroy_idle(source);
    tide_free(source->snapshots);
    tide_free(source->uses_pit);
    tide_free(source->page_shifts);
    tide_es_typing_clear(&source->typing);
    tide_es_indices_clear(&source->indices);
    tide_http_settings_clear(&source->settings);
    tide_es_contexts_clear(&source->contexts);
    tide_mutex_clear(&source->idle_guard);
    tide_mutex_clear(&source->leftover_guard);
    tide_arena_clear(&source->arena);
    tide_free(source);
}

static tide_code open_reader(tide_source *base, const tide_source_plan *plan, uint32_t split,
                             uint32_t attempt, tide_reader **reader, tide_error *err)
{
    (void)attempt; /* what an attempt learns for the next one is kept by split */
    return tide_es_reader_open((tide_es_source *)base, &plan->splits[split], split, reader, err);
}

static const tide_source_vtable vtable = {
    .plan = tide_es_plan,
    .verify = tide_es_verify,
    .open_reader = open_reader,
    .check = tide_es_check,
    .close = close_source,
};

static tide_code init(tide_es_source *source, const tide_es_options *options, tide_error *err)
{
    TIDE_TRY(tide_http_settings_init(&source->settings, options, err));
    TIDE_TRY(copy_patterns(source, options, err));
    TIDE_TRY(copy_query(source, options->query, err));
    return copy_numbers(source, options, err);
}

tide_code tide_es_source_open(const tide_es_options *options,
                              const tide_source_options *source_options, tide_source **out,
                              tide_error *err)
{
    tide_es_source *source = tide_alloc_zero(1, sizeof *source);
    if (source == NULL) {
        return TIDE_FAIL_MEMORY(err, "the source");
    }
    source->base.vtable = &vtable;
    source->base.kind = "elasticsearch";
    source->engine = *source_options;
    tide_arena_init(&source->arena);
    tide_es_indices_init(&source->indices);
    tide_es_typing_init(&source->typing);
    tide_mutex_init(&source->leftover_guard);
    tide_mutex_init(&source->idle_guard);
    tide_es_contexts_init(&source->contexts, KEEP_ALIVE_MS);
    tide_code code = init(source, options, err);
    if (code != TIDE_OK) {
        close_source(&source->base);
        return code;
    }
    note_metadata(source);
    *out = &source->base;
    return TIDE_OK;
}
