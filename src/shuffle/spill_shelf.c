/* SPDX-License-Identifier: Apache-2.0 */
#include "shuffle/spill_shelf.h"

#include "base/memory.h"
#include "shuffle/spill_batch.h"

typedef struct spill_shelf {
    tide_shelf base;
    tide_spill_file *file;     /* borrowed */
    const tide_schema *schema; /* borrowed */
    tide_spill_piece *pieces;  /* owned */
    size_t count, capacity;
} spill_shelf;

typedef struct shelf_stream {
    tide_stream base;
    const spill_shelf *shelf; /* borrowed */
    size_t next;
    tide_builder builder;
    tide_batch view;
} shelf_stream;

static tide_code stream_next(tide_stream *stream, tide_batch *out, const uint64_t **hashes,
                             tide_error *err)
{
    shelf_stream *s = (shelf_stream *)stream;
    const spill_shelf *shelf = s->shelf;
    tide_batch_clear(&s->view);
    tide_builder_reset(&s->builder);
    if (s->next < shelf->count) {
        TIDE_TRY(tide_spill_batch_read(shelf->file, &shelf->pieces[s->next], &s->builder, err));
        s->next++;
    }
    TIDE_TRY(tide_builder_view(&s->builder, &s->view, err));
    *out = s->view;
    if (hashes != NULL) {
        *hashes = NULL;
    }
    return TIDE_OK;
}

static void stream_close(tide_stream *stream)
{
    shelf_stream *s = (shelf_stream *)stream;
    tide_batch_clear(&s->view);
    tide_builder_clear(&s->builder);
    tide_free(s);
}

static tide_code shelf_read(const tide_shelf *base, tide_stream **stream, tide_error *err)
{
    static const tide_stream_vtable vtable = {.next = stream_next, .close = stream_close};
    const spill_shelf *shelf = (const spill_shelf *)base;
    shelf_stream *s = tide_alloc_zero(1, sizeof *s);
    if (s == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading spilled rows back");
    }
    *s = (shelf_stream){.base = {&vtable}, .shelf = shelf};
    tide_batch_init(&s->view);
    tide_code code = tide_builder_init(&s->builder, shelf->schema, err);
    if (code != TIDE_OK) {
        tide_free(s);
        return code;
    }
    *stream = &s->base;
    return TIDE_OK;
}

static tide_code shelf_put(tide_shelf *base, const tide_batch *batch, tide_error *err)
{
    spill_shelf *shelf = (spill_shelf *)base;
    TIDE_TRY(tide_grow((void **)&shelf->pieces, &shelf->capacity, shelf->count + 1,
                       sizeof *shelf->pieces, err));
    TIDE_TRY(tide_spill_batch_write(shelf->file, batch, &shelf->pieces[shelf->count], err));
    shelf->count++;
    return TIDE_OK;
}

static void shelf_close(tide_shelf *base)
{
    spill_shelf *shelf = (spill_shelf *)base;
    for (size_t i = 0; i < shelf->count; i++) {
        tide_spill_file_release(shelf->file, shelf->pieces[i].offset,
                                (int64_t)shelf->pieces[i].size);
    }
    tide_free(shelf->pieces);
    tide_free(shelf);
}

static tide_code make_shelf(tide_shelf_maker *maker, const tide_schema *schema, tide_shelf **out,
                            tide_error *err)
{
    static const tide_shelf_vtable vtable = {
        .put = shelf_put, .read = shelf_read, .close = shelf_close};
    tide_spill_shelves *shelves = (tide_spill_shelves *)maker;
    spill_shelf *shelf = tide_alloc_zero(1, sizeof *shelf);
    if (shelf == NULL) {
        return TIDE_FAIL_MEMORY(err, "rows to be spilled");
    }
    *shelf = (spill_shelf){.base = {&vtable}, .file = &shelves->file, .schema = schema};
    *out = &shelf->base;
    return TIDE_OK;
}

void tide_spill_shelves_init(tide_spill_shelves *shelves, const char *directory)
{
    *shelves = (tide_spill_shelves){.maker = {make_shelf}};
    tide_spill_file_init(&shelves->file, directory);
}

void tide_spill_shelves_clear(tide_spill_shelves *shelves)
{
    tide_spill_file_clear(&shelves->file);
}
