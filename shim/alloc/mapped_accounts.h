/* Accounts of mappings by arena and call site: a table that only grows.
 *
 *   (arena, site) ── hash ──> number ──> chunk of accounts; the one of number 0 is that of sites
 *                                        for which there was no memory
 *
 * Readers may look at any time; one thread at a time changes it (mapped_books.c). */
#ifndef SHIM_MAPPED_ACCOUNTS_H
#define SHIM_MAPPED_ACCOUNTS_H

#include "mapped_tree.h"

/* The account of that pair, made if there is none; the one of number 0 without memory. */
hidden struct mapped_account *mapped_account_of(uint32_t arena, uint32_t site);

/* How many there are: numbers are below that.  The account of a number.  Any thread. */
hidden uint32_t mapped_accounts_count(void);
hidden struct mapped_account *mapped_account_at(uint32_t number);

/* Bytes mapped for them.  Any thread. */
hidden uint64_t mapped_accounts_bytes(void);

#endif
