/* SPDX-License-Identifier: Apache-2.0 */
#include "record/reject.h"

#include "base/memory.h"

void tide_reject_list_init(tide_reject_list *list)
{
    tide_arena_init(&list->arena);
    list->items = NULL;
    list->count = 0;
    list->capacity = 0;
}

void tide_reject_list_clear(tide_reject_list *list)
{
    tide_arena_clear(&list->arena);
    tide_free(list->items);
    tide_reject_list_init(list);
}

void tide_reject_list_reset(tide_reject_list *list)
{
    tide_arena_reset(&list->arena);
    list->count = 0;
}

size_t tide_reject_list_bytes(const tide_reject_list *list)
{
    return list->arena.used_bytes + list->count * sizeof *list->items;
}

/* NULL stays NULL. False when out of memory. */
static bool copy(tide_arena *arena, const char *from, const char **to)
{
    *to = from == NULL ? NULL : tide_arena_copy_string(arena, from);
    return from == NULL || *to != NULL;
}

tide_code tide_reject_list_add(tide_reject_list *list, const tide_reject *reject, tide_error *err)
{
    void *items = list->items;
    tide_reject added;
    tide_arena *arena = &list->arena;
    TIDE_TRY(tide_grow(&items, &list->capacity, list->count + 1, sizeof added, err));
    list->items = items;
    if (!copy(arena, reject->stage, &added.stage) || !copy(arena, reject->step, &added.step) ||
        !copy(arena, reject->position, &added.position) ||
        !copy(arena, reject->column, &added.column) ||
        !copy(arena, reject->reason, &added.reason) ||
        !copy(arena, reject->sqlstate, &added.sqlstate) ||
        !copy(arena, reject->values, &added.values)) {
        return TIDE_FAIL_MEMORY(err, "a reject");
    }
    list->items[list->count++] = added;
    return TIDE_OK;
}

tide_code tide_reject_list_append(tide_reject_list *list, const tide_reject_list *from,
                                  tide_error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        TIDE_TRY(tide_reject_list_add(list, &from->items[i], err));
    }
    return TIDE_OK;
}
