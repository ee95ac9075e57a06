/*
 * Sketches of documents: which instruction set makes them, and band keys.
 */
#include "sketch/sketch.h"

#include "sketch/sketch_kernels.h"

#define BAND_POLYNOMIAL 0xd1342543de82ef95u /* odd, its bits well mixed */

#if defined(__x86_64__)
static const struct sketch_kernels avx2 = {combine_plain, signature_avx2, exact_avx2, exact_bytes_avx2};
static const struct sketch_kernels avx512 = {combine_avx512, signature_avx512, exact_avx512, exact_bytes_avx512};
#endif
static const struct sketch_kernels plain = {combine_plain, signature_plain, exact_plain, hash128_bytes};

const struct sketch_kernels *sketch_kernels(tamis_cpu cpu)
{
#if defined(__x86_64__)
    return cpu == TAMIS_CPU_AVX512 ? &avx512 : cpu == TAMIS_CPU_AVX2 ? &avx2 : &plain;
#else
    (void)cpu;
    return &plain;
#endif
}

hash128 sketch_exact(const struct sketch_kernels *kernels, tamis_str text, bool bytes)
{
    const uint8_t *const at = text.len ? (const uint8_t *)text.at : (const uint8_t *)"";
    return bytes ? kernels->bytes(at, text.len) : kernels->exact(at, text.len);
}

void sketch_signature(const struct shingles *s, unsigned slots, uint32_t *signature)
{
    s->kernels->signature(s->at, s->count, slots, signature);
}

void sketch_bands(const uint32_t *signature, unsigned bands, unsigned rows, uint64_t *keys)
{
    uint64_t tag_mask = 0; /* the low bits of a key say which band it is of */
    while (tag_mask + 1 < bands) {
        tag_mask = 2 * tag_mask + 1;
    }
    for (unsigned b = 0; b < bands; b++) {
        uint64_t key = b + 1; /* a polynomial of the rows, whose values are mixed already */
        for (unsigned r = 0; r < rows; r++) {
            key = key * BAND_POLYNOMIAL + signature[b * rows + r];
        }
        keys[b] = (hash_mix(key) & ~tag_mask) | b;
    }
}

static double power(double x, unsigned n)
{
    double product = 1;
    for (unsigned i = 0; i < n; i++) {
        product *= x;
    }
    return product;
}

double sketch_s_curve(double similarity, unsigned bands, unsigned rows)
{
    return 1 - power(1 - power(similarity, rows), bands);
}
