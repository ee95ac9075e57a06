/* The table of laws. */
#include "fit/law.h"

#include <stdio.h>
#include <string.h>

#include "core/str.h"

const struct law *const laws[] = {&law_dcpt, &law_chinchilla, &law_constrained, &law_mixing, &law_cmr, NULL};

bool law_uses(const struct law *law, const char *option)
{
    for (const char *const *used = law->uses; *used; used++) {
        if (strcmp(*used, option) == 0) {
            return true;
        }
    }
    return false;
}

tamis_status law_find(const char *name, const struct law **law, tamis_err *err)
{
    const char *names[sizeof laws / sizeof *laws] = {NULL};
    char list[200] = "";
    size_t len = 0;
    for (size_t i = 0; laws[i]; i++) {
        if (strcmp(laws[i]->name, name) == 0) {
            *law = laws[i];
            return TAMIS_OK;
        }
        names[i] = laws[i]->name;
        if (len < sizeof list) {
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", laws[i]->name);
        }
    }
    const char *const near = tamis_nearest(str_from(name), names);
    return tamis_fail(err, TAMIS_USAGE, "there is no law '%s'%s%s%s; the laws are: %s", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", list);
}
