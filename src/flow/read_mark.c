/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/read_mark.h"

#include <string.h>

#include "base/memory.h"

void tide_read_mark_list_init(tide_read_mark_list *list)
{
    *list = (tide_read_mark_list){0};
    tide_arena_init(&list->arena);
}

void tide_read_mark_list_clear(tide_read_mark_list *list)
{
    tide_free(list->items);
    tide_arena_clear(&list->arena);
    *list = (tide_read_mark_list){0};
}

tide_code tide_read_mark_list_add(tide_read_mark_list *list, const tide_read_mark *mark,
                                  tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items,
                       err));
    tide_read_mark copy = {.name = tide_arena_copy_string(&list->arena, mark->name),
                           .value = tide_arena_copy_string(&list->arena, mark->value),
                           .open = mark->open};
    if (copy.name == NULL || copy.value == NULL) {
        return TIDE_FAIL_MEMORY(err, "marks");
    }
    list->items[list->count++] = copy;
    return TIDE_OK;
}

void tide_read_mark_list_remove(tide_read_mark_list *list, const tide_read_mark *mark)
{
    size_t at = (size_t)(mark - list->items);
    list->count--;
    memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof *list->items);
}

const tide_read_mark *tide_read_mark_list_find(const tide_read_mark_list *list, const char *name)
{
    size_t begin = 0;
    size_t end = list->count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = strcmp(list->items[middle].name, name);
        if (order == 0) {
            return &list->items[middle];
        }
        *(order < 0 ? &begin : &end) = order < 0 ? middle + 1 : middle;
    }
    return NULL;
}
