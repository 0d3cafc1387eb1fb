/* SPDX-License-Identifier: Apache-2.0 */
/* A search answer is a row or a reject for each hit, or bad_data and nothing: the same whatever
 * stands behind it, never believed where it was cut, and in accord with the tree that the server's
 * small answers are read as. The first byte chooses the columns, the next two where to cut. */
#include "fuzz_rows.h"
#include "fuzz_schemas.h"
#include "source/elasticsearch/json_tree.h"

typedef struct answer {
    tide_code code;
    tide_search_page page;
    int64_t first_row;
    char *text; /* owned; what the page borrows */
} answer;

static const tide_provenance from = {.name = {"i", 1}};
static tide_reject_list rejects; /* zeros: initialized */

static answer decode(fuzz_decoder *d, const uint8_t *data, size_t size, char padding)
{
    tide_error err;
    answer a = {.first_row = d->builder.row_count, .text = fuzz_padded(data, size, padding)};
    size_t refused = rejects.count;
    a.code = tide_json_decode_page(d->decoder, (tide_str){a.text, size}, &from, &d->builder,
                                   &rejects, &a.page, &err);
    FUZZ_CHECK(a.code == TIDE_OK || a.code == TIDE_BAD_DATA);
    int64_t made = d->builder.row_count - a.first_row + (int64_t)(rejects.count - refused);
    FUZZ_CHECK(made == (a.code == TIDE_OK ? a.page.hit_count : 0));
    return a;
}

static void check_again(fuzz_decoder *d, const answer *a, const uint8_t *data, size_t size)
{
    int64_t rows = d->builder.row_count;
    size_t refused = rejects.count;
    answer b = decode(d, data, size, '}');
    FUZZ_CHECK(a->code == b.code && a->page.total == b.page.total);
    FUZZ_CHECK(a->page.hit_count == b.page.hit_count && a->page.is_error == b.page.is_error);
    FUZZ_CHECK(a->page.timed_out == b.page.timed_out);
    FUZZ_CHECK(tide_str_equal(a->page.last_sort, b.page.last_sort));
    FUZZ_CHECK(d->builder.row_count - rows == rows && rejects.count == 2 * refused);
    for (int64_t i = 0; i < rows; i++) {
        FUZZ_CHECK(fuzz_rows_equal(&d->builder, i, &d->builder, rows + i, d->schema.field_count));
    }
    for (size_t i = 0; i < refused; i++) {
        FUZZ_CHECK(strcmp(rejects.items[i].reason, rejects.items[refused + i].reason) == 0);
        FUZZ_CHECK(strcmp(rejects.items[i].position, rejects.items[refused + i].position) == 0);
    }
    free(b.text);
}

/* What is whole ends with a brace: any piece before it is not. */
static void check_cut(fuzz_decoder *d, const uint8_t *data, size_t size, uint64_t place)
{
    while (size > 0 && data[size - 1] != '}') {
        size--;
    }
    FUZZ_CHECK(size > 0);
    answer cut = decode(d, data, place % size, '}');
    FUZZ_CHECK(cut.code == TIDE_BAD_DATA);
    free(cut.text);
}

static const tide_json_node *only_member(const tide_json_node *object, const char *key)
{
    const tide_json_node *found = NULL;
    if (object == NULL || object->kind != TIDE_JSON_OBJECT) {
        return NULL;
    }
    for (const tide_json_node *at = object->first_child; at != NULL; at = at->next) {
        if (strcmp(at->key, key) == 0 && found != NULL) {
            return NULL;
        }
        found = strcmp(at->key, key) == 0 ? at : found;
    }
    return found;
}

/* Objects of a list, or -1: of something else. */
static int64_t count_objects(const tide_json_node *list)
{
    int64_t count = 0;
    if (list == NULL || list->kind != TIDE_JSON_ARRAY) {
        return -1;
    }
    for (const tide_json_node *at = list->first_child; at != NULL; at = at->next) {
        if (at->kind != TIDE_JSON_OBJECT) {
            return -1;
        }
        count++;
    }
    return count;
}

/* Every node is where it says, and printed again by its own text it is the same node. */
static void check_nodes(const tide_json_node *node, tide_str text)
{
    FUZZ_CHECK(node->raw.data >= text.data);
    FUZZ_CHECK(node->raw.data + node->raw.size <= text.data + text.size);
    FUZZ_CHECK(node->kind < TIDE_JSON_NUMBER || node->kind > TIDE_JSON_STRING ||
               (node->text != NULL && tide_utf8_valid(tide_str_of(node->text))));
    for (const tide_json_node *at = node->first_child; at != NULL; at = at->next) {
        FUZZ_CHECK((at->key != NULL) == (node->kind == TIDE_JSON_OBJECT));
        check_nodes(at, node->raw);
    }
}

static void check_tree(const answer *a, const uint8_t *data, size_t size)
{
    static tide_arena arena; /* zeros: initialized */
    const tide_json_node *root = NULL;
    tide_error err;
    tide_arena_reset(&arena);
    tide_str text = {(const char *)data, size};
    tide_code code = tide_json_tree_parse(&arena, text, &root, &err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_DATA);
    if (code != TIDE_OK) {
        return;
    }
    check_nodes(root, text);
    int64_t hits = count_objects(only_member(only_member(root, "hits"), "hits"));
    if (hits >= 0 && memchr(data, '\\', size) == NULL) {
        FUZZ_CHECK(a->code == TIDE_OK && a->page.hit_count == hits);
        const tide_json_node *scroll = only_member(root, "_scroll_id");
        FUZZ_CHECK(scroll == NULL || scroll->kind != TIDE_JSON_STRING ||
                   tide_str_equal_c(a->page.scroll_id, scroll->text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, size};
    fuzz_decoder *d = fuzz_decoder_of(fuzz_take(&input), TIDE_HIDDEN_ID);
    uint64_t place = fuzz_take_bytes(&input, 2);
    answer a = decode(d, input.data, input.size, ' ');
    fuzz_check_rows(&d->builder, &rejects);
    check_tree(&a, input.data, input.size);
    check_again(d, &a, input.data, input.size);
    if (a.code == TIDE_OK) {
        check_cut(d, input.data, input.size, place);
    }
    tide_builder_reset(&d->builder);
    tide_reject_list_reset(&rejects);
    free(a.text);
    return 0;
}
