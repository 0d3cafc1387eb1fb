/* SPDX-License-Identifier: Apache-2.0 */
/* Init secrets: a project file names the variable of a secret, never the secret. */
#ifndef TIDE_CLI_INIT_SECRETS_H
#define TIDE_CLI_INIT_SECRETS_H

#include <stdbool.h>

/* Is it ${NAME}, and nothing beside it? */
bool tide_init_is_variable(const char *text);
/* Has the url of a search server a user or password that is no ${NAME}? */
bool tide_init_url_has_secret(const char *url);
/* Has a connection string of PostgreSQL, in either form, a password that is no ${NAME}? */
bool tide_init_conninfo_has_secret(const char *conninfo);

#endif
