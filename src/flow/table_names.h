/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the tables that the engine makes beside a pipeline's own: a prefix before the pipeline's
 * name, or a suffix behind the table's.
 *
 *   tidemill_state_balances    loaded_rejects
 */
#ifndef TIDE_FLOW_TABLE_NAMES_H
#define TIDE_FLOW_TABLE_NAMES_H

/* No table of a pipeline begins so. */
#define TIDE_ENGINE_PREFIX "tidemill_"

#define TIDE_STATE_PREFIX TIDE_ENGINE_PREFIX "state_"
#define TIDE_STAGED_PREFIX TIDE_ENGINE_PREFIX "staged_"
#define TIDE_STAGED_STATE_PREFIX TIDE_ENGINE_PREFIX "newstate_" /* the longest: it bounds names */

#define TIDE_REJECTS_SUFFIX "_rejects"
#define TIDE_LATE_SUFFIX "_late"

#endif
