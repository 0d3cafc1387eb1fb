/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_decoder.h"

#include "base/limits.h"
#include "base/memory.h"
#include "record/json_row.h"

static const struct {
    const char *key;
    tide_json_meta meta;
} facts[] = {
    {"_id", TIDE_JSON_META_ID},         {"_index", TIDE_JSON_META_INDEX},
    {"_seq_no", TIDE_JSON_META_SEQ_NO}, {"_version", TIDE_JSON_META_VERSION},
    {"_source", TIDE_JSON_META_SOURCE}, {"sort", TIDE_JSON_META_SORT},
};

#define FACT_COUNT (sizeof facts / sizeof facts[0])

static tide_json_meta meta_of(tide_origin origin)
{
    static const tide_json_meta metas[] = {
        [TIDE_FROM_ID] = TIDE_JSON_META_ID,         [TIDE_FROM_INDEX] = TIDE_JSON_META_INDEX,
        [TIDE_FROM_SEQ_NO] = TIDE_JSON_META_SEQ_NO, [TIDE_FROM_VERSION] = TIDE_JSON_META_VERSION,
        [TIDE_FROM_POSITION] = TIDE_JSON_META_NONE,
    };
    return metas[origin];
}

static tide_code add_facts(tide_json_paths *paths, tide_error *err)
{
    for (size_t i = 0; i < FACT_COUNT; i++) {
        tide_json_node *node;
        TIDE_TRY(tide_json_paths_add(paths, facts[i].key, &node, err));
        node->meta = (int)facts[i].meta;
    }
    return TIDE_OK;
}

static tide_code add_column(tide_json_decoder *decoder, size_t i, tide_error *err)
{
    const tide_column_spec *spec = &decoder->specs.specs[i];
    tide_json_column *column = &decoder->columns[i];
    *column = (tide_json_column){
        .spec = spec,
        .meta = meta_of(spec->origin),
        .takes_raw = spec->type.id == TIDE_JSON ||
                     (spec->type.id == TIDE_TEXT && spec->array == TIDE_ARRAY_JSON),
    };
    decoder->takes_first[i] = spec->array == TIDE_ARRAY_FIRST;
    decoder->beside_parents[i] = spec->mapped.beside_parents;
    if (spec->array == TIDE_ARRAY_JSON && !column->takes_raw) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                         "column %s: `array: json` needs the type json or text", spec->name);
    }
    if (spec->origin == TIDE_FROM_PATH) {
        decoder->needs_source = true;
        if (tide_json_paths_add_column(&decoder->source, spec->path, (uint32_t)i, err) != TIDE_OK ||
            tide_json_paths_add_column(&decoder->document, spec->path, (uint32_t)i, err) !=
                TIDE_OK) {
            return tide_error_context(err, "column %s", spec->name);
        }
    }
    TIDE_TRY(tide_cell_parser_create(spec, &column->parser, err));
    if (spec->origin == TIDE_FROM_ID && spec->mask.kind == TIDE_MASK_HASH &&
        decoder->id_mask == NULL) {
        TIDE_TRY(tide_keyed_hash_create(spec->mask.key, &decoder->id_mask, err));
    }
    column->from_string =
        spec->type.id == TIDE_TEXT ? column->parser->from.raw : column->parser->from.text;
    return TIDE_OK;
}

static tide_code fill(tide_json_decoder *decoder, tide_error *err)
{
    size_t count = decoder->specs.count;
    decoder->columns = tide_alloc_zero(count, sizeof decoder->columns[0]);
    decoder->takes_first = tide_alloc_zero(count, sizeof decoder->takes_first[0]);
    decoder->beside_parents = tide_alloc_zero(count, sizeof decoder->beside_parents[0]);
    decoder->walk.places = tide_alloc_zero(count, sizeof decoder->walk.places[0]);
    if (decoder->columns == NULL || decoder->takes_first == NULL ||
        decoder->beside_parents == NULL || decoder->walk.places == NULL) {
        return TIDE_FAIL_MEMORY(err, "a JSON decoder");
    }
    decoder->walk.takes_first = decoder->takes_first;
    decoder->walk.beside_parents = decoder->beside_parents;
    decoder->walk.column_count = count;
    for (size_t i = 0; i < count; i++) {
        TIDE_TRY(add_column(decoder, i, err));
    }
    TIDE_TRY(add_facts(&decoder->document, err));
    TIDE_TRY(add_facts(&decoder->hit, err));
    return tide_json_index_create(&decoder->index, err);
}

tide_code tide_json_decoder_create(tide_column_specs columns, tide_hidden hidden,
                                   tide_json_decoder **decoder, tide_error *err)
{
    *decoder = NULL;
    tide_json_decoder *created = tide_alloc_zero(1, sizeof *created);
    if (created == NULL) {
        return TIDE_FAIL_MEMORY(err, "a JSON decoder");
    }
    created->specs = columns;
    created->hidden = hidden;
    tide_json_paths_init(&created->source);
    tide_json_paths_init(&created->document);
    tide_json_paths_init(&created->hit);
    tide_text_init(&created->walk.key);
    tide_text_init(&created->scratch);
    tide_text_init(&created->id);
    tide_text_init(&created->position);
    tide_text_init(&created->values);
    tide_arena_init(&created->strings);
    tide_code code = fill(created, err);
    if (code != TIDE_OK) {
        tide_json_decoder_destroy(created);
        return code;
    }
    *decoder = created;
    return TIDE_OK;
}

void tide_json_decoder_destroy(tide_json_decoder *decoder)
{
    if (decoder == NULL) {
        return;
    }
    for (size_t i = 0; decoder->columns != NULL && i < decoder->specs.count; i++) {
        tide_cell_parser_destroy(decoder->columns[i].parser);
    }
    tide_free(decoder->columns);
    tide_free(decoder->takes_first);
    tide_free(decoder->beside_parents);
    tide_free(decoder->walk.places);
    tide_text_clear(&decoder->walk.key);
    tide_json_index_destroy(decoder->index);
    tide_json_paths_clear(&decoder->source);
    tide_json_paths_clear(&decoder->document);
    tide_json_paths_clear(&decoder->hit);
    tide_text_clear(&decoder->scratch);
    tide_text_clear(&decoder->id);
    tide_keyed_hash_destroy(decoder->id_mask);
    tide_text_clear(&decoder->position);
    tide_text_clear(&decoder->values);
    tide_arena_clear(&decoder->strings);
    tide_free(decoder);
}

/* Walks the document by the given paths. *end is behind it, 0 when it is malformed. */
static tide_code walk_by(tide_json_decoder *decoder, tide_json_paths *paths,
                         tide_json_paths *source, uint32_t *end)
{
    tide_json_walk *walk = &decoder->walk;
    tide_json_walk_reset(walk);
    walk->paths = paths;
    walk->source = source;
    *end = tide_json_walk_object(walk, &paths->root, 0);
    return walk->code;
}

static bool looks_like_hit(const tide_json_walk *walk)
{
    return walk->metas[TIDE_JSON_META_SOURCE] != 0 &&
           tide_json_char(&walk->tokens, walk->metas[TIDE_JSON_META_SOURCE]) == '{' &&
           (walk->metas[TIDE_JSON_META_ID] != 0 || walk->metas[TIDE_JSON_META_INDEX] != 0);
}

/* A hit's first key is nearly always one of its facts: then it is tried as a hit first, else as a
 * plain document, and again as the other where that was wrong. */
static tide_code walk_document(tide_json_decoder *decoder, bool *is_hit, uint32_t *end)
{
    const tide_json_tokens *tokens = &decoder->walk.tokens;
    bool tried_hit = tokens->count > 1 && tokens->text[tokens->at[1]] == '"' &&
                     tokens->text[tokens->at[1] + 1] == '_';
    if (tried_hit) {
        TIDE_TRY(walk_by(decoder, &decoder->hit, &decoder->source, end));
        *is_hit = looks_like_hit(&decoder->walk);
        if (*end == 0 || *is_hit) {
            return TIDE_OK;
        }
    }
    TIDE_TRY(walk_by(decoder, &decoder->document, NULL, end));
    *is_hit = !tried_hit && looks_like_hit(&decoder->walk);
    return *is_hit ? walk_by(decoder, &decoder->hit, &decoder->source, end) : TIDE_OK;
}

static tide_code decode_indexed(tide_json_row *row, tide_error *err)
{
    tide_json_decoder *decoder = row->decoder;
    uint32_t end = 0;
    if (tide_json_char(&decoder->walk.tokens, 0) != '{') {
        return tide_json_reject_document(row, "is not a JSON object", err);
    }
    TIDE_TRY(walk_document(decoder, &row->is_hit, &end));
    if (end == 0) {
        return tide_json_reject_document(row, "is not JSON: was it cut?", err);
    }
    if (end < decoder->walk.tokens.count) {
        return tide_json_reject_document(row, "is followed by other text", err);
    }
    return tide_json_finish_row(row, err);
}

tide_code tide_json_decode_document(tide_json_decoder *decoder, tide_str json,
                                    const tide_provenance *from, tide_builder *builder,
                                    tide_reject_list *rejects, tide_error *err)
{
    tide_json_row row = {.decoder = decoder, .from = from, .builder = builder, .rejects = rejects};
    const char *refusal;
    decoder->walk.err = err;
    decoder->walk.code = TIDE_OK;
    if (json.size > TIDE_DOCUMENT_BYTES_MAX) {
        return tide_json_reject_document(&row, "is larger than 64 MB", err);
    }
    TIDE_TRY(tide_json_index_build(decoder->index, json, &decoder->walk.tokens, &refusal, err));
    return refusal == NULL ? decode_indexed(&row, err)
                           : tide_json_reject_document(&row, refusal, err);
}
