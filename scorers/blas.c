/*
 * The library's name is that of its interface (its soname), which Debian has kept since its first version.
 */
#include "blas.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libopenblas.so.0"

_Static_assert(sizeof(void *) == sizeof(blas_sgemm *), "POSIX: a symbol's address may be that of a function");

static bool find(void *library, const char *name, void *function)
{
    void *const symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

tamis_status blas_open(struct blas *blas, tamis_err *err)
{
    void (*set_threads)(int) = NULL;
    (void)setenv("OPENBLAS_NUM_THREADS", "1", 0); /* it reads this while it is loaded */
    *blas = (struct blas){.library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)};
    if (blas->library && find(blas->library, "cblas_sgemm", &blas->sgemm) &&
        find(blas->library, "openblas_set_num_threads", &set_threads)) {
        set_threads(1);
        return TAMIS_OK;
    }
    const char *const reason = dlerror();
    const tamis_status status = tamis_fail(err, TAMIS_IO, "the proxy model needs " LIBRARY ": %s; install libopenblas0",
                                           reason ? reason : "it has no cblas_sgemm");
    blas_close(blas);
    return status;
}

void blas_close(struct blas *blas)
{
    if (blas->library) {
        dlclose(blas->library);
    }
    *blas = (struct blas){0};
}
