/* SPDX-License-Identifier: Apache-2.0 */
/* Spill shelf: shelves of a spill file, which is made with the first row that is put on one. */
#ifndef TIDE_SHUFFLE_SPILL_SHELF_H
#define TIDE_SHUFFLE_SPILL_SHELF_H

#include "flow/shelf.h"
#include "shuffle/spill_file.h"

typedef struct tide_spill_shelves {
    tide_shelf_maker maker;
    tide_spill_file file;
} tide_spill_shelves;

/* The directory is borrowed. */
void tide_spill_shelves_init(tide_spill_shelves *shelves, const char *directory);
/* All shelves must be closed. */
void tide_spill_shelves_clear(tide_spill_shelves *shelves);

#endif
