/* SPDX-License-Identifier: Apache-2.0 */
/* JSON spelling: which value of a path counts in a document that may hold several, since it spells
 * the path in different ways:
 *
 *   {"a": {"b": 1}, "a.b": 2}      two values, as a list would be
 *   {"a": {"b": null}, "a.b": 2}   one: null is none where there is another
 *   {"a": 5, "a.b": 2}             one: 5 is no value of a.b
 *   {"a.b": 1, "a.b": 2}           the last, as everywhere in JSON
 */
#ifndef TIDE_RECORD_JSON_SPELLING_H
#define TIDE_RECORD_JSON_SPELLING_H

#include "record/json_walk.h"

/* The place of the path in the object at token `root`; TIDE_JSON_PLACE_TWICE where several values
 * stand, of which takes_first takes the first. Slow: only for documents that the walk has found to
 * be contested. */
uint32_t tide_json_settled_place(tide_json_walk *walk, uint32_t root, const char *path,
                                 bool takes_first);

#endif
