/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/postgres/encoding.h"

#include "base/utf8.h"

bool tide_pg_takes_every_character(const tide_pg_connection *connection)
{
    const char *encoding = PQparameterStatus(connection->handle, "server_encoding");
    return encoding == NULL || strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0;
}

/* As in JSON: \u20ac, or two of these. */
static void append_escape(tide_text *out, tide_str text, size_t at, size_t bytes)
{
    uint32_t code = (uint8_t)text.data[at] & (0xffu >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++) {
        code = code << 6 | ((uint8_t)text.data[at + i] & 0x3fu);
    }
    if (code >= 0x10000) {
        tide_text_append_format(out, "\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)));
        code = 0xdc00 + (code & 0x3ff);
    }
    tide_text_append_format(out, "\\u%04x", (unsigned)code);
}

void tide_pg_append_clean(tide_text *out, tide_str text, bool escaped)
{
    for (size_t at = 0; at < text.size;) {
        size_t bytes = tide_utf8_length(text, at);
        if (bytes == 0) {
            tide_text_append_char(out, '?');
            at++;
        } else if (bytes > 1 && escaped) {
            append_escape(out, text, at, bytes);
            at += bytes;
        } else {
            tide_text_append_str(out, (tide_str){text.data + at, bytes});
            at += bytes;
        }
    }
}

void tide_pg_put_escaped(tide_pg_encoder *encoder, tide_str text)
{
    tide_text escaped;
    tide_text_init(&escaped);
    tide_pg_append_clean(&escaped, text, true);
    encoder->memory_failed = encoder->memory_failed || tide_text_failed(&escaped);
    tide_pg_put_uint32(encoder, (uint32_t)escaped.size);
    tide_pg_put_bytes(encoder, tide_text_c(&escaped), escaped.size);
    tide_text_clear(&escaped);
}
