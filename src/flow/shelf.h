/* SPDX-License-Identifier: Apache-2.0 */
/* Shelf: batches that are put aside, out of memory, until they are wanted again - in order, and as
 * often as they are wanted. Process puts what a unit may not hold there; sinks read it. One thread
 * at a time per shelf. */
#ifndef TIDE_FLOW_SHELF_H
#define TIDE_FLOW_SHELF_H

#include "flow/stream.h"

typedef struct tide_shelf tide_shelf;

typedef struct tide_shelf_vtable {
    /* Puts the rows (copied) behind those that are there. */
    tide_code (*put)(tide_shelf *shelf, const tide_batch *batch, tide_error *err);
    /* Reads all that is there, from the first on; without hashes. Closed before the next put. */
    tide_code (*read)(const tide_shelf *shelf, tide_stream **stream, tide_error *err);
    void (*close)(tide_shelf *shelf); /* also frees it */
} tide_shelf_vtable;

struct tide_shelf {
    const tide_shelf_vtable *vtable;
};

/* Makes empty shelves, for several threads at a time. The schema is borrowed, and so is the maker,
 * for the shelf's life. */
typedef struct tide_shelf_maker tide_shelf_maker;
struct tide_shelf_maker {
    tide_code (*make)(tide_shelf_maker *maker, const tide_schema *schema, tide_shelf **shelf,
                      tide_error *err);
};

#endif
