/* SPDX-License-Identifier: Apache-2.0 */
/* in: the literals of the list become a sorted set that is searched for each row; what is no
 * literal is compared, and null in the list makes "not found" unknown.
 *
 *   x in (1, 2, null, y)   =   x in {1, 2} or null or x = y
 */
#include <stdlib.h>
#include <string.h>

#include "process/steps/expression/compiler.h"
#include "process/steps/expression/kernels.h"

/* Up to so many values are compared one by one: faster than a search, and without branches. */
#define LINEAR_MAX 8

typedef struct value_set {
    const void *values; /* sorted; int32, int64, int128 or tide_str */
    size_t count;
} value_set;

#define SET_LOOP(name, cell, value_type)                                               \
    static bool find_##name(const value_type *values, size_t count, value_type wanted) \
    {                                                                                  \
        size_t low = 0;                                                                \
        while (count > 1) {                                                            \
            size_t half = count / 2;                                                   \
            low += values[low + half] <= wanted ? half : 0;                            \
            count -= half;                                                             \
        }                                                                              \
        return values[low] == wanted;                                                  \
    }                                                                                  \
    static int order_##name(const void *a, const void *b)                              \
    {                                                                                  \
        value_type left = *(const value_type *)a;                                      \
        value_type right = *(const value_type *)b;                                     \
        return (left > right) - (left < right);                                        \
    }                                                                                  \
    static tide_code search_##name(tide_evaluation *self, const tide_node *node,       \
                                   const uint64_t *rows, tide_error *err)              \
    {                                                                                  \
        (void)rows;                                                                    \
        (void)err;                                                                     \
        const value_set *set = node->detail;                                           \
        const value_type *values = set->values;                                        \
        const cell *in = TIDE_IN(cell, 0);                                             \
        uint64_t *out = TIDE_OUT(uint64_t);                                            \
        if (set->count > LINEAR_MAX) {                                                 \
            TIDE_BITS_OF_ALL(out, find_##name(values, set->count, in[row]));           \
            return TIDE_OK;                                                            \
        }                                                                              \
        tide_clear_bits(self, out);                                                    \
        for (size_t i = 0; i < set->count; i++) {                                      \
            uint64_t found[TIDE_CHUNK_WORDS] = {0};                                    \
            TIDE_BITS_OF_ALL(found, in[row] == values[i]);                             \
            for (size_t word = 0; word < tide_word_count(self); word++) {              \
                out[word] |= found[word];                                              \
            }                                                                          \
        }                                                                              \
        return TIDE_OK;                                                                \
    }

SET_LOOP(int32, tide_int32_cell, int32_t)
SET_LOOP(int64, tide_int64_cell, int64_t)
SET_LOOP(decimal, tide_decimal_cell, tide_int128)

static int order_text(const void *a, const void *b)
{
    return tide_str_compare(*(const tide_str *)a, *(const tide_str *)b);
}

static bool is_one_of(const tide_str *values, size_t count, tide_str wanted)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i].size == wanted.size &&
            (wanted.size == 0 || (values[i].data[0] == wanted.data[0] &&
                                  memcmp(values[i].data, wanted.data, wanted.size) == 0))) {
            return true;
        }
    }
    return false;
}

static bool find_text(const tide_str *values, size_t count, tide_str wanted)
{
    return bsearch(&wanted, values, count, sizeof wanted, order_text) != NULL;
}

static tide_code search_text(tide_evaluation *self, const tide_node *node, const uint64_t *rows,
                             tide_error *err)
{
    (void)err;
    const value_set *set = node->detail;
    const tide_str *values = set->values;
    const tide_str *in = TIDE_IN(tide_str, 0);
    uint64_t *out = TIDE_OUT(uint64_t);
    if (set->count > LINEAR_MAX) {
        TIDE_BITS_OF_ROWS(out, find_text(values, set->count, in[row]));
    } else {
        TIDE_BITS_OF_ROWS(out, is_one_of(values, set->count, in[row]));
    }
    return TIDE_OK;
}

typedef struct set_kind {
    tide_loop search;
    int (*order)(const void *a, const void *b);
    size_t width;
} set_kind;

static const set_kind kinds[] = {
    [TIDE_BOOL] = {NULL, NULL, 0},
    [TIDE_INT32] = {search_int32, order_int32, sizeof(int32_t)},
    [TIDE_INT64] = {search_int64, order_int64, sizeof(int64_t)},
    [TIDE_DECIMAL] = {search_decimal, order_decimal, sizeof(tide_int128)},
    [TIDE_TEXT] = {search_text, order_text, sizeof(tide_str)},
    [TIDE_BYTES] = {search_text, order_text, sizeof(tide_str)},
    [TIDE_DATE] = {search_int32, order_int32, sizeof(int32_t)},
    [TIDE_TIMESTAMP] = {search_int64, order_int64, sizeof(int64_t)},
    [TIDE_UUID] = {NULL, NULL, 0},
    [TIDE_JSON] = {NULL, NULL, 0},
};

static tide_node *search_set(tide_compiler *self, size_t at, tide_node *value,
                             tide_node *const *literals, size_t count)
{
    const set_kind *kind = &kinds[value->type.id];
    uint8_t *values = tide_compiler_alloc(self, count, kind->width);
    value_set *set = tide_compiler_alloc(self, 1, sizeof *set);
    if (values == NULL || set == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(values + i * kind->width, &literals[i]->value, kind->width);
    }
    qsort(values, count, kind->width, kind->order);
    *set = (value_set){values, count};
    tide_node_extra extra = {.detail = set};
    return tide_node_strict(self, at, tide_type_of(TIDE_BOOL), kind->search, &value, 1, &extra);
}

/* The value, then the list; all of one type where they can be. */
typedef struct in_list {
    tide_node **items;
    size_t count;
    bool is_unified;
} in_list;

static bool compile_items(tide_compiler *self, const tide_syntax *syntax, in_list *list)
{
    list->count = syntax->item_count;
    list->items = tide_compiler_alloc(self, list->count, sizeof(void *));
    if (list->items == NULL) {
        return false;
    }
    list->is_unified = true;
    for (size_t i = 0; i < list->count; i++) {
        list->items[i] = tide_compile_any(self, syntax->items[i]);
        if (list->items[i] == NULL) {
            return false;
        }
        list->is_unified &= i == 0 || !tide_nodes_exceed_decimal(list->items[0], list->items[i]);
    }
    return !list->is_unified || tide_nodes_unify(self, list->items, list->count, "in");
}

/* Splits the list: literals that are searched go to `literals`, the others become parts of `or`,
 * from 1 on: the search is the first of them. */
static bool split_items(tide_compiler *self, size_t at, const in_list *list, tide_node **literals,
                        size_t *literal_count, tide_node **parts, size_t *part_count)
{
    tide_node *value = list->items[0];
    bool searches = list->is_unified && !tide_type_is_untyped(value->type) &&
                    value->type.id != TIDE_DOUBLE && kinds[value->type.id].search != NULL;
    for (size_t i = 1; i < list->count; i++) {
        tide_node *item = list->items[i];
        if (searches && item->is_literal && !item->is_null) {
            literals[(*literal_count)++] = item;
            continue;
        }
        tide_node *part =
            tide_node_compare(self, at, TIDE_EQUAL, tide_node_alias(self, value), item);
        if (part == NULL) {
            return false;
        }
        parts[++*part_count] = part;
    }
    return true;
}

tide_node *tide_compile_in(tide_compiler *self, const tide_syntax *syntax)
{
    in_list list = {.count = 0};
    size_t literal_count = 0;
    size_t part_count = 0;
    if (!compile_items(self, syntax, &list)) {
        return NULL;
    }
    tide_node *value = list.items[0];
    tide_node **literals = tide_compiler_alloc(self, list.count, sizeof(void *));
    tide_node **parts = tide_compiler_alloc(self, list.count + 1, sizeof(void *));
    if (literals == NULL || parts == NULL ||
        !split_items(self, syntax->at, &list, literals, &literal_count, parts, &part_count)) {
        return NULL;
    }
    tide_node *result = NULL;
    if (part_count == 0) {
        result = search_set(self, syntax->at, value, literals, literal_count);
    } else {
        if (literal_count > 0) {
            parts[0] =
                search_set(self, syntax->at, tide_node_alias(self, value), literals, literal_count);
        }
        size_t skipped = literal_count > 0 ? 0 : 1;
        result = tide_node_let(
            self, value,
            tide_node_logic(self, syntax->at, true, parts + skipped, part_count + 1 - skipped));
    }
    return syntax->is_negated && result != NULL ? tide_node_not(self, syntax->at, result) : result;
}
