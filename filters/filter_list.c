/* The list of all filters, made from filters.def. */
#include "tamis.h"

#define FILTER(name) extern const tamis_filter tamis_filter_##name;
#include "filters.def"
#undef FILTER

const tamis_filter *const *tamis_filters(void)
{
    static const tamis_filter *const all[] = {
#define FILTER(name) &tamis_filter_##name,
#include "filters.def"
#undef FILTER
        NULL,
    };
    return all;
}
