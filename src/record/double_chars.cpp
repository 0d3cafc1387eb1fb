/* SPDX-License-Identifier: Apache-2.0 */
#include "record/double_chars.h"

#include <charconv>
#include <system_error>

extern "C" bool tide_double_read_chars(const char *text, size_t size, double *value)
{
    std::from_chars_result result = std::from_chars(text, text + size, *value);
    return result.ec == std::errc();
}

extern "C" size_t tide_double_write_chars(double value, char *out)
{
    return static_cast<size_t>(std::to_chars(out, out + 32, value).ptr - out);
}
