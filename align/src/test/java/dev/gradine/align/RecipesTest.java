package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// All recipes together.
class RecipesTest {

    /// The records below `type`; doors to elsewhere have none.
    private static List<Class<?>> permitted(Class<?> type) {
        if (type.isRecord()) return List.of(type);
        List<Class<?>> all = new ArrayList<>();
        Class<?>[] permitted = type.isSealed() ? type.getPermittedSubclasses() : new Class<?>[0];
        for (Class<?> c : permitted) all.addAll(permitted(c));
        return all;
    }

    @Test
    void every_recipe_keeps_the_contract_in_a_test_of_its_name() throws ClassNotFoundException {
        assertThat(permitted(Recipe.class)).isNotEmpty();
        for (Class<?> recipe : permitted(Recipe.class)) {
            assertThat(Class.forName(recipe.getName() + "Test")).isAssignableTo(RecipeContract.class);
        }
    }

    @Test
    void every_recipe_has_defaults_and_a_name_of_its_own() throws ReflectiveOperationException {
        List<String> names = new ArrayList<>();
        for (Class<?> recipe : permitted(Recipe.class)) {
            Recipe<?> made = (Recipe<?>) recipe.getMethod("defaults").invoke(null);
            names.add(made.about().name());
        }
        assertThat(names).contains("sft", "dpo").doesNotHaveDuplicates();
    }
}
