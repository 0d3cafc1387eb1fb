/* SPDX-License-Identifier: Apache-2.0 */
/* JSON decoder: documents straight into columns. No DOM is kept, only the wanted paths are visited.
 *
 * Text that is decoded must be followed by TIDE_JSON_PADDING readable bytes (any content). Each
 * document becomes exactly one row of the builder, or one reject. The builder's schema is the
 * layout of flow/source.h: declared columns, then hidden ones. One decoder per thread.
 *
 * What counts as what:
 * - A path a.b.c is met as {"a":{"b":{"c":1}}}, {"a.b":{"c":1}}, {"a":{"b.c":1}} or {"a.b.c":1}. Of
 *   several values of one path the last one in the document wins, as in a map.
 * - UTF-8, strings, brackets, commas and all wanted values are checked. A value that nobody wants
 * is only stepped over: its brackets count, its numbers and words are not looked at.
 * - A value of type json, and an array under `array: json`, is kept as it is written, byte by byte,
 *   once it is known to be JSON that PostgreSQL can hold (json_text.h).
 * - Under `array: reject` any array is a reject, one with one element or none too; under `first` an
 *   empty one is null, and arrays within it are opened. Arrays of objects where a path leads on are
 *   treated alike. An object is only taken by type json.
 * - A part of a path that is null is a missing value; one that is no object is a reject.
 * - Where a column masks _id by a hash, $id and the positions of rejects are that hash, too.
 * - Strings are coerced by cell_parser.h. Lone surrogates and U+0000 are rejects.
 */
#ifndef TIDE_RECORD_JSON_DECODER_H
#define TIDE_RECORD_JSON_DECODER_H

#include "record/column_spec.h"
#include "record/reject.h"

#define TIDE_JSON_PADDING 64

typedef struct tide_json_decoder tide_json_decoder;

/* Which hidden columns follow the declared ones: $source and then $id or $position. */
typedef enum tide_hidden { TIDE_HIDDEN_ID, TIDE_HIDDEN_POSITION } tide_hidden;

/* Where the documents come from; borrowed during a call. */
typedef struct tide_provenance {
    int32_t source; /* $source */
    tide_str name;  /* member: index name or path, for rejects, _index (files: of hits) and _file */
    int64_t position; /* byte offset of the record, for $position and rejects */
} tide_provenance;

TIDE_MUST_CHECK tide_code tide_json_decoder_create(tide_column_specs columns, tide_hidden hidden,
                                                   tide_json_decoder **decoder, tide_error *err);
void tide_json_decoder_destroy(tide_json_decoder *decoder);

/* One plain document, or one Elasticsearch hit ({"_index","_id","_source"}: told apart by the
 * presence of an object _source beside _id or _index at the top level). */
TIDE_MUST_CHECK tide_code tide_json_decode_document(tide_json_decoder *decoder, tide_str json,
                                                    const tide_provenance *from,
                                                    tide_builder *builder,
                                                    tide_reject_list *rejects, tide_error *err);

/* The facts of a search answer around its hits. Strings borrow the page or the decoder until the
 * next call. */
typedef struct tide_search_page {
    tide_str scroll_id; /* empty when absent */
    tide_str pit_id;    /* of either product */
    tide_str last_sort; /* JSON text of `sort` of the last hit: the search_after of the next page */
    int64_t hit_count;  /* hits in this page, rejects included */
    int64_t total;      /* hits.total.value (or the plain number of 6.x), -1 when absent */
    bool timed_out;
    int64_t shards_failed;
    int64_t shards_total;
    int64_t shards_skipped;
    tide_str failure; /* JSON text of the first shard failure */
    bool is_error;    /* an `error` object instead of hits */
    tide_str error_type, error_reason;
} tide_search_page;

/* Decodes all hits of a search answer. bad_data when the text is not a complete JSON document of
 * that form; then nothing of this page was kept in builder or rejects. */
TIDE_MUST_CHECK tide_code tide_json_decode_page(tide_json_decoder *decoder, tide_str json,
                                                const tide_provenance *from, tide_builder *builder,
                                                tide_reject_list *rejects, tide_search_page *page,
                                                tide_error *err);

#endif
