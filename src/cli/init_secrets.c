/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init_secrets.h"

#include <string.h>

#include "base/userinfo.h"

#define NAME_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define BLANKS " \t\r\n\f\v"

static bool is_variable(tide_str text)
{
    if (text.size < 4 || !tide_str_starts_with(text, "${") || text.data[text.size - 1] != '}') {
        return false;
    }
    for (size_t i = 2; i + 1 < text.size; i++) {
        if (strchr(NAME_BYTES, text.data[i]) == NULL) {
            return false;
        }
    }
    return true;
}

bool tide_init_is_variable(const char *text)
{
    return is_variable(tide_str_of(text));
}

static bool is_secret(tide_str text)
{
    return text.size > 0 && !is_variable(text);
}

/* user:password; the password is empty where there is none. */
static void divide(tide_str userinfo, tide_str *user, tide_str *password)
{
    const char *colon = userinfo.size > 0 ? memchr(userinfo.data, ':', userinfo.size) : NULL;
    *user = userinfo;
    *password = (tide_str){0};
    if (colon != NULL) {
        user->size = (size_t)(colon - userinfo.data);
        *password = (tide_str){colon + 1, userinfo.size - user->size - 1};
    }
}

bool tide_init_url_has_secret(const char *url)
{
    tide_str user, password;
    divide(tide_userinfo_of(url), &user, &password);
    return is_secret(user) || is_secret(password);
}

/* postgresql://user:password@host/db?password=...&sslpassword=... */
static bool address_has_secret(const char *address)
{
    static const char key[] = "password=";
    tide_str user, password;
    divide(tide_userinfo_of(address), &user, &password);
    if (is_secret(password)) {
        return true;
    }
    for (const char *at = strstr(address, key); at != NULL; at = strstr(at, key)) {
        at += sizeof key - 1;
        if (is_secret((tide_str){at, strcspn(at, "&")})) {
            return true;
        }
    }
    return false;
}

/* The value that begins at `at`, in quotes or up to a blank. Returns what stands behind it. */
static const char *read_value(const char *at, tide_str *value)
{
    bool quoted = *at == '\'';
    const char *end = quoted ? at + 1 : at;
    *value = (tide_str){end, 0};
    while (*end != '\0' && (quoted ? *end != '\'' : strchr(BLANKS, *end) == NULL)) {
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    }
    value->size = (size_t)(end - value->data);
    return quoted && *end == '\'' ? end + 1 : end;
}

/* keyword = value ...: `password` and `sslpassword`. */
static bool pairs_have_secret(const char *at)
{
    for (;;) {
        at += strspn(at, BLANKS);
        tide_str keyword = {at, strcspn(at, "=" BLANKS)};
        at += keyword.size;
        at += strspn(at, BLANKS);
        if (*at != '=') {
            return false;
        }
        at++;
        at += strspn(at, BLANKS);
        tide_str value;
        at = read_value(at, &value);
        if ((tide_str_equal_c(keyword, "password") || tide_str_equal_c(keyword, "sslpassword")) &&
            is_secret(value)) {
            return true;
        }
    }
}

bool tide_init_conninfo_has_secret(const char *conninfo)
{
    bool is_address =
        tide_userinfo_skip_scheme(conninfo) != conninfo || strchr(conninfo, '=') == NULL;
    return is_address ? address_has_secret(conninfo) : pairs_have_secret(conninfo);
}
