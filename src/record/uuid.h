/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs as text (RFC 9562, section 4): 8-4-4-4-12 digits. */
#ifndef TIDE_RECORD_UUID_H
#define TIDE_RECORD_UUID_H

#include "base/text.h"

#define TIDE_UUID_BYTES 16
#define TIDE_UUID_CHARS 36

/* Lower case; terminated. Returns TIDE_UUID_CHARS. */
size_t tide_uuid_format(const uint8_t uuid[TIDE_UUID_BYTES], char out[TIDE_UUID_CHARS + 1]);
/* In either case, or 32 digits in a row. False when it is none; then `out` holds anything. */
bool tide_uuid_parse(tide_str text, uint8_t out[TIDE_UUID_BYTES]);

#endif
