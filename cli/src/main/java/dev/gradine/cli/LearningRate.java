package dev.gradine.cli;

import dev.gradine.align.Recipe;
import dev.gradine.settings.Explained;
import dev.gradine.settings.Explained.Range;
import dev.gradine.settings.Usual;
import java.util.List;

/// What learning rate is usual: the method of the adapter says it where it wants one of its own, else the recipe; the
/// optimiser says by how much it differs from AdamW's.
final class LearningRate {

    private LearningRate() {}

    /// The rate beside what is usual; empty if neither method nor recipe says that.
    ///
    /// @param lr of the run
    static List<Explained> explained(double lr, Recipe<?> recipe, Record method, Record rule) {
        Class<?> says = says(method) ? method.getClass() : recipe.getClass();
        Usual own = says.getAnnotation(Usual.class);
        if (own == null || lr == 0) return List.of(); // a run says itself that 0 learns nothing
        Range usual = Range.of(own);
        Usual factor = rule.getClass().getAnnotation(Usual.class);
        if (factor != null) usual = usual.times(Range.of(factor));
        String value = Explained.text(lr);
        String byDefault = Explained.text(recipe.about().lr());
        return List.of(new Explained("--lr", value, byDefault, lr, usual));
    }

    private static boolean says(Record method) {
        return method.getClass().isAnnotationPresent(Usual.class);
    }
}
