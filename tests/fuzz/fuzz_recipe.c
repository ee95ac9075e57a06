/*
 * Fuzzes recipes: any bytes as YAML. What is refused is the user's fault and says so; what is taken is printed with
 * every default, and the print is a recipe that prints as the same text again.
 */
#include "fuzz.h"

#include "recipe/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recipe first = {0}, second = {0};
    struct buf once, twice;
    tamis_err err = {.status = TAMIS_OK};
    buf_init(&once, BUF_UNLIMITED);
    buf_init(&twice, BUF_UNLIMITED);
    const tamis_status status = recipe_parse(&first, "r.yaml", "/r", (tamis_str){(const char *)data, size}, NULL, &err);
    check(status == TAMIS_OK || status == TAMIS_USAGE || status == TAMIS_INPUT, "neither read nor refused");
    check(status == TAMIS_OK || (err.status == status && err.text[0] != '\0'), "nothing is said");
    if (status == TAMIS_OK) {
        check(recipe_print(&first, SECTION_WHOLE, &once), "no memory");
        check(recipe_parse(&second, "r.yaml", "/r", buf_str(&once), NULL, &err) == TAMIS_OK, "the print is refused");
        check(recipe_print(&second, SECTION_WHOLE, &twice), "no memory");
        check(str_equal(buf_str(&once), buf_str(&twice)), "the print prints as another");
        recipe_release(&second);
    }
    recipe_release(&first);
    buf_release(&once);
    buf_release(&twice);
    return 0;
}
