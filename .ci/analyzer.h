/*
 * Read by the analyzer only. It cannot see from another file that the fail functions never return TAMIS_OK, so that
 * after `status = p ? TAMIS_OK : tamis_fail(..)` p is set where status is 0. ANALYZED_x is set in x.c, where such a
 * function is defined. It comes before every source: what some ask for by _DEFAULT_SOURCE has to be there already.
 */
#define _DEFAULT_SOURCE
#include "core/file.h"
#include "core/tree.h"
#include "tamis.h"
#ifndef ANALYZED_err
#define tamis_fail(err, status, ...) (tamis_fail(err, status, __VA_ARGS__), (status))
#endif
#ifndef ANALYZED_tree
#define tree_fail(...) (tree_fail(__VA_ARGS__), TAMIS_USAGE)
#endif
#ifndef ANALYZED_file
#define file_fail(...) (file_fail(__VA_ARGS__), TAMIS_IO)
#endif
