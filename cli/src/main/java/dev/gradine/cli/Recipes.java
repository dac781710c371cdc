package dev.gradine.cli;

import dev.gradine.align.Recipe;
import java.util.ArrayList;
import java.util.List;

/// The recipes there are: those that `Recipe` permits, directly or through a kind of theirs.
final class Recipes {

    private Recipes() {}

    /// Each with its defaults, in the order they are listed.
    static List<Recipe<?>> all() {
        return below(Recipe.class);
    }

    private static List<Recipe<?>> below(Class<?> type) {
        if (type.isRecord()) return List.of(defaults(type));
        List<Recipe<?>> all = new ArrayList<>();
        Class<?>[] permitted = type.isSealed() ? type.getPermittedSubclasses() : new Class<?>[0];
        for (Class<?> c : permitted) all.addAll(below(c));
        return all;
    }

    private static Recipe<?> defaults(Class<?> record) {
        try {
            return (Recipe<?>) record.getMethod("defaults").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("recipes: %s has no static defaults()".formatted(record.getName()), e);
        }
    }
}
