/* SPDX-License-Identifier: Apache-2.0 */
/* Plan: concrete indices become members, their slices splits. */
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/problem.h"
#include "source/elasticsearch/cursor_query.h"
#include "source/elasticsearch/source_state.h"

/* PIT re-reads its way to each page: more slices than shards pay from this size on. */
#define PIT_SLICES_MIN 8
#define PIT_DOCUMENTS_MIN 200000

static uint32_t bounded(uint64_t slices)
{
    return slices > TIDE_SLICES_MAX ? TIDE_SLICES_MAX : (uint32_t)slices;
}

/* A multiple of the shards, so that slices are alike. */
static uint32_t pit_slices(const tide_es_source *source, const tide_es_index *index)
{
    uint32_t shards = index->shard_count;
    uint64_t slices = source->slices;
    if (slices == 0) {
        bool large = index->document_count >= PIT_DOCUMENTS_MIN;
        slices = large ? (uint64_t)shards * ((PIT_SLICES_MIN + shards - 1) / shards) : shards;
    }
    /* Without _shard_doc pages are ordered by _seq_no, which is an order within a shard only; from
     * as many slices as shards on, a slice lies in one shard. */
    if (!source->server.has_shard_doc && slices < shards) {
        slices = shards;
    }
    return bounded(slices);
}

static tide_code check_pit(const tide_es_source *source, const tide_es_index *index,
                           tide_error *err)
{
    const char *why = source->snapshot == TIDE_ES_PIT ? "snapshot: pit" : "more slices than shards";
    if (!source->server.has_pit) {
        return TIDE_FAIL(err, TIDE_E_NO_SNAPSHOT,
                         "index `%s`: %s needs a point in time, which %s does not have; use "
                         "snapshot: scroll, and at most %u slices",
                         index->name, why, source->server.name, index->shard_count);
    }
    bool in_one_shard = index->shard_count == 1 ||
                        (index->routing == NULL && index->shard_count <= TIDE_SLICES_MAX);
    if (!source->server.has_shard_doc && !in_one_shard) {
        return TIDE_FAIL(err, TIDE_E_NO_SNAPSHOT,
                         "index `%s`: %s has no total order of documents (_shard_doc), which %s "
                         "needs for an alias with routing or more than %d shards; use snapshot: "
                         "scroll, or name the index itself",
                         index->name, source->server.name, why, TIDE_SLICES_MAX);
    }
    return TIDE_OK;
}

static tide_code choose_slices(const tide_es_source *source, const tide_es_index *index, bool *pit,
                               uint32_t *slices, tide_error *err)
{
    *pit = source->snapshot == TIDE_ES_PIT || source->slices > index->shard_count;
    if (*pit) {
        TIDE_TRY(check_pit(source, index, err));
        *slices = index->routing != NULL ? 1 : pit_slices(source, index);
        return TIDE_OK;
    }
    *slices = bounded(source->slices > 0 ? source->slices : index->shard_count);
    if (index->routing != NULL) {
        *slices = 1;
    }
    return TIDE_OK;
}

static void fill_split(tide_split *split, const tide_es_index *index, uint32_t member, bool pit,
                       uint32_t slice, uint32_t slice_count)
{
    split->member = member;
    split->snapshot = pit ? member + 1 : 0;
    split->stable = !pit;
    split->byte_count = index->byte_count / slice_count;
    split->row_count = index->document_count / slice_count;
    split->begin = slice;
    split->end = slice_count;
}

static tide_code add_splits(tide_source_plan *plan, const tide_es_index *index, uint32_t member,
                            bool pit, uint32_t slice_count, tide_error *err)
{
    for (uint32_t slice = 0; slice < slice_count; slice++) {
        tide_split *split = &plan->splits[plan->split_count++];
        fill_split(split, index, member, pit, slice, slice_count);
        split->name = slice_count == 1 ? tide_arena_copy_string(&plan->arena, index->name)
                                       : tide_arena_format(&plan->arena, "%s slice %u/%u",
                                                           index->name, slice + 1, slice_count);
        if (split->name == NULL) {
            return TIDE_FAIL_MEMORY(err, "the plan");
        }
    }
    return TIDE_OK;
}

static tide_code add_members(tide_es_source *source, tide_source_plan *plan, tide_error *err)
{
    size_t count = source->indices.count;
    plan->members = tide_arena_alloc_zero(&plan->arena, count, sizeof *plan->members);
    if (plan->members == NULL) {
        return TIDE_FAIL_MEMORY(err, "the plan");
    }
    for (size_t i = 0; i < count; i++) {
        const tide_es_index *index = &source->indices.items[i];
        tide_member *member = &plan->members[i];
        member->name = tide_arena_copy_string(&plan->arena, index->name);
        member->identity = tide_arena_copy_string(&plan->arena, index->uuid);
        member->byte_count = index->byte_count;
        member->row_count = index->document_count;
        if (member->name == NULL || member->identity == NULL) {
            return TIDE_FAIL_MEMORY(err, "the plan");
        }
    }
    plan->member_count = count;
    return TIDE_OK;
}

static tide_code prepare_snapshots(tide_es_source *source, const uint32_t *slices, tide_error *err)
{
    size_t count = source->indices.count;
    source->snapshots = tide_alloc_zero(count, sizeof *source->snapshots);
    source->page_shifts = tide_alloc_zero(source->split_count, sizeof *source->page_shifts);
    if (source->snapshots == NULL || source->page_shifts == NULL) {
        return TIDE_FAIL_MEMORY(err, "the plan");
    }
    for (size_t i = 0; i < count; i++) {
        if (source->uses_pit[i]) {
            TIDE_TRY(
                tide_es_snapshot_init(&source->snapshots[i], slices[i], &source->contexts, err));
        }
    }
    return TIDE_OK;
}

static tide_code fill_plan(tide_es_source *source, tide_source_plan *plan, tide_error *err)
{
    size_t count = source->indices.count;
    uint32_t *slices = tide_arena_alloc_zero(&plan->arena, count, sizeof *slices);
    source->uses_pit = tide_alloc_zero(count, sizeof *source->uses_pit);
    plan->server = tide_arena_copy_string(&plan->arena, source->server.name);
    if (slices == NULL || source->uses_pit == NULL || plan->server == NULL) {
        return TIDE_FAIL_MEMORY(err, "the plan");
    }
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(choose_slices(source, &source->indices.items[i], &source->uses_pit[i], &slices[i],
                               err));
        source->split_count += slices[i];
    }
    TIDE_TRY(prepare_snapshots(source, slices, err));
    TIDE_TRY(add_members(source, plan, err));
    plan->splits = tide_arena_alloc_zero(&plan->arena, source->split_count, sizeof *plan->splits);
    if (plan->splits == NULL) {
        return TIDE_FAIL_MEMORY(err, "the plan");
    }
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(add_splits(plan, &source->indices.items[i], (uint32_t)i, source->uses_pit[i],
                            slices[i], err));
    }
    return TIDE_OK;
}

static bool is_pinned(const tide_es_index *index, const tide_member *pinned, size_t pinned_count)
{
    for (size_t i = 0; i < pinned_count; i++) {
        if (strcmp(index->name, pinned[i].name) == 0) {
            return true;
        }
    }
    return false;
}

/* Exactly the indices of the run that is resumed: no other, none gone, none made anew. */
static tide_code keep_pinned(tide_es_indices *indices, const tide_member *pinned,
                             size_t pinned_count, tide_error *err)
{
    for (size_t i = 0; i < pinned_count; i++) {
        const tide_es_index *index = tide_es_indices_find(indices, pinned[i].name);
        if (index == NULL) {
            return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                             "index `%s` of the run that is resumed is gone, or is not matched any "
                             "more",
                             pinned[i].name);
        }
        if (strcmp(index->uuid, pinned[i].identity) != 0) {
            return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED,
                             "index `%s` was deleted and made anew since the run that is resumed "
                             "was planned (uuid %s, was %s)",
                             pinned[i].name, index->uuid, pinned[i].identity);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < indices->count; i++) {
        if (is_pinned(&indices->items[i], pinned, pinned_count)) {
            indices->items[kept++] = indices->items[i];
        }
    }
    indices->count = kept;
    return TIDE_OK;
}

static tide_code look(tide_es_source *source, tide_http *http, tide_http_answer *answer,
                      const tide_member *pinned, size_t pinned_count, tide_error *err)
{
    TIDE_TRY(tide_es_server_detect(http, answer, &source->server, err));
    source->indices.allow_empty = source->allow_empty;
    TIDE_TRY(tide_es_indices_resolve(&source->indices, &source->server, http, answer,
                                     source->patterns, source->pattern_count, err));
    TIDE_TRY(tide_es_contexts_read_limit(&source->contexts, http, answer, err));
    if (pinned_count > 0) {
        TIDE_TRY(keep_pinned(&source->indices, pinned, pinned_count, err));
    }
    return tide_es_typing_read(&source->typing, &source->indices, source->engine.columns, http,
                               answer, err);
}

static tide_code narrow(tide_es_source *source, const tide_plan_request *request, tide_http *http,
                        tide_http_answer *answer, tide_error *err)
{
    if (request == NULL || !request->has_cursor) {
        return TIDE_OK;
    }
    tide_es_fields fields;
    tide_es_fields_init(&fields);
    tide_code code = tide_es_fields_read(&fields, &source->indices, http, answer, err);
    if (code == TIDE_OK) {
        code = tide_es_cursor_query(source, request, &fields, err);
    }
    tide_es_fields_clear(&fields);
    return code;
}

tide_code tide_es_plan(tide_source *base, const tide_plan_request *request, tide_source_plan *plan,
                       tide_error *err)
{
    tide_es_source *source = (tide_es_source *)base;
    tide_http *http = NULL;
    tide_http_answer answer;
    tide_http_answer_init(&answer, source->engine.budget);
    tide_code code = tide_es_source_take_http(source, &http, err);
    if (code == TIDE_OK) {
        code = look(source, http, &answer, request != NULL ? request->pinned : NULL,
                    request != NULL ? request->pinned_count : 0, err);
    }
    if (code == TIDE_OK) {
        code = narrow(source, request, http, &answer, err);
    }
    if (code == TIDE_OK) {
        code = fill_plan(source, plan, err);
    }
    tide_es_source_return_http(source, http);
    tide_http_answer_clear(&answer);
    return code;
}
