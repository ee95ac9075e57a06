/*
 * Which instruction sets this machine has.
 */
#include <stdlib.h>
#include <string.h>

#include "tamis.h"

static const char *const names[] = {
    [TAMIS_CPU_PLAIN] = "plain", [TAMIS_CPU_AVX2] = "avx2", [TAMIS_CPU_AVX512] = "avx512"};

const char *tamis_cpu_name(tamis_cpu cpu)
{
    return names[cpu];
}

static tamis_cpu machine(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                      __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512vbmi2");
    return avx512 ? TAMIS_CPU_AVX512 : avx2 ? TAMIS_CPU_AVX2 : TAMIS_CPU_PLAIN;
#else
    return TAMIS_CPU_PLAIN;
#endif
}

tamis_cpu tamis_cpu_best(void)
{
    const tamis_cpu best = machine();
    const char *const wanted = getenv("TAMIS_CPU");
    for (int cpu = TAMIS_CPU_PLAIN; wanted && cpu < (int)best; cpu++) {
        if (strcmp(wanted, names[cpu]) == 0) {
            return (tamis_cpu)cpu;
        }
    }
    return best;
}

bool tamis_cpu_known(void)
{
    const char *const wanted = getenv("TAMIS_CPU");
    bool known = !wanted;
    for (int cpu = TAMIS_CPU_PLAIN; wanted && cpu <= TAMIS_CPU_AVX512; cpu++) {
        known = known || strcmp(wanted, names[cpu]) == 0;
    }
    return known;
}
