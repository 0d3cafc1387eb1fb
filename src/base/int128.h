/* SPDX-License-Identifier: Apache-2.0 */
/* 128-bit integers under a name: ISO C has none, and -Wpedantic says so at each use. */
#ifndef TIDE_BASE_INT128_H
#define TIDE_BASE_INT128_H

__extension__ typedef __int128 tide_int128;
__extension__ typedef unsigned __int128 tide_uint128;

#endif
