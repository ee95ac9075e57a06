/* Hashes against values of the reference implementation. */
#include "core/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Computed with the reference implementation through its Python binding; byte i of the input is 7 i + 3. */
static void test_hashes_are_xxh3(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t plain, seeded, high, low;
    } cases[] = {
        {0, 0x2d06800538d394c2u, 0xb029411ff43d84d2u, 0x99aa06d3014798d8u, 0x6001c324468d497fu},
        {1, 0x13e608bc156defedu, 0xd0c83c4bdeed078bu, 0x22bbb76b211a39bau, 0x13e608bc156defedu},
        {3, 0xa9088dda485b481cu, 0x3a6eb7a191052c81u, 0xce31763cbf8245a5u, 0xa9088dda485b481cu},
        {8, 0x60539db630471163u, 0x53a895ca319fab31u, 0xe3bc8a5f46171555u, 0x3cd024e3d63a1588u},
        {16, 0xb8c859b0f030b585u, 0x6b1b54f65d114c69u, 0xce0b9647ab24f884u, 0x60d75c5e47d40a24u},
        {17, 0x714a04408e79b80fu, 0x148ada809b3845ddu, 0xbfd327edcc2fbd12u, 0xeeed7654312a26d7u},
        {128, 0x67425a03650261bfu, 0xeef663431a9bf01du, 0x1b1962a096bac78bu, 0xc580008b6c92ac53u},
        {129, 0xc664bf3311c6abc4u, 0x4df9521149f6f8c5u, 0x293e4968c4619023u, 0xbd91ce7ace4d385bu},
        {240, 0x64556dc6b462a6cfu, 0x722964f8a7f16de3u, 0xad46c1021b076bc7u, 0x04e0b5f034bee80bu},
        {241, 0x8beadd3a8874fe17u, 0x59fdc74e63a7aee7u, 0xac6c3492c3d6b45du, 0x8beadd3a8874fe17u},
        {1000, 0x6c4f14bd97bd9e82u, 0xf0f163846cbf0c33u, 0x6bcc7eff62da44c2u, 0x6c4f14bd97bd9e82u},
    };
    unsigned char bytes[1001];
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        bytes[i + 1] = (unsigned char)(7 * i + 3); /* one off, to be badly aligned */
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(hash_bytes(bytes + 1, cases[i].len, 0) == cases[i].plain);
        assert_true(hash_bytes(bytes + 1, cases[i].len, 42) == cases[i].seeded);
        const hash128 h = hash128_bytes(bytes + 1, cases[i].len);
        assert_true(h.high == cases[i].high && h.low == cases[i].low);
    }
    assert_true(hash_bytes(NULL, 0, 0) == cases[0].plain);
}

static void test_hash_helpers(void **state)
{
    (void)state;
    assert_true(hash_mix(0) == 0);
    assert_true(hash_mix(0x9e3779b97f4a7c15u) == 0xe220a8397b1dcdafu); /* first output of SplitMix64 from seed 0 */
    assert_true(hash_join(hash_join(1, 2), 3) != hash_join(hash_join(1, 3), 2));
    const hash128 a = {1, 2}, b = {1, 3}, c = {2, 0};
    assert_true(hash128_compare(a, b) < 0 && hash128_compare(c, b) > 0 && hash128_compare(b, b) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_are_xxh3),
        cmocka_unit_test(test_hash_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
