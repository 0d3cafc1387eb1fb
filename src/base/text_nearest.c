/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"

/* Longer words are not guessed. */
#define WORD_BYTES_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string
 * alignment). Three rows of the usual table: the swap looks two rows back. */
static size_t edit_distance(tide_str a, tide_str b)
{
    size_t rows[3][WORD_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.size; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = above[j - 1] + (a.data[i - 1] == b.data[j - 1] ? 0 : 1);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1]) {
                row[j] = least(row[j], above_that[j - 2] + 1);
            }
        }
    }
    return rows[a.size % 3][b.size];
}

const char *tide_text_nearest(const char *word, const char *const *candidates, size_t count)
{
    tide_str wanted = tide_str_of(word);
    if (wanted.size > WORD_BYTES_MAX) {
        return NULL;
    }
    const char *nearest = NULL;
    size_t distance_max = wanted.size / 3;
    for (size_t i = 0; i < count; i++) {
        tide_str candidate = tide_str_of(candidates[i]);
        if (candidate.size > WORD_BYTES_MAX) {
            continue;
        }
        size_t distance = edit_distance(wanted, candidate);
        if (distance <= distance_max && (nearest == NULL || distance < distance_max)) {
            nearest = candidates[i];
            distance_max = distance;
        }
    }
    return nearest;
}
