/* Test cases as data: files of cases of three lines, parted by blank lines and by comments that begin with #. */
#ifndef CASE_FILE_H
#define CASE_FILE_H

#include "documents.h"

struct test_case {
    char *line[3];
    size_t number; /* of the first line in its file */
};

/* Calls `check` for every case in tests/FOLDER/NAME.test and says how many there were; there must be some. */
static inline void each_case(const char *folder, const char *name,
                             void (*check)(const char *name, const struct test_case *c))
{
    char path[256];
    snprintf(path, sizeof path, "tests/%s/%s.test", folder, name);
    FILE *const file = fopen(path, "r");
    if (!file) {
        fail_msg("there is no %s: each has one", path);
        return;
    }
    struct test_case c = {0};
    char *line = NULL;
    size_t cap = 0, cases = 0, filled = 0, number = 0;
    for (ssize_t len; (len = getline(&line, &cap, file)) > 0;) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0') {
            assert_int_equal(filled, 0);
            continue;
        }
        c.number = filled ? c.number : number;
        c.line[filled++] = strdup(line);
        if (filled == 3) {
            check(name, &c);
            for (filled = 3; filled > 0; filled--) {
                free(c.line[filled - 1]);
            }
            cases++;
        }
    }
    assert_int_equal(filled, 0);
    free(line);
    fclose(file);
    print_message("%s: %zu cases\n", path, cases);
    assert_true(cases > 0);
}

#endif
