package dev.gradine.cli.pipeline;

import dev.gradine.settings.Nearest;
import dev.gradine.train.report.Page;
import java.util.List;

/// Pipelines that come with the program, as resources beside this class.
public final class PipelineRecipes {

    /// Their names.
    public static final List<String> NAMES = List.of("dora-nf4", "too-safe", "medical", "stories");

    private PipelineRecipes() {}

    /// The file of a name.
    ///
    /// @throws IllegalArgumentException if there is none, with the nearest
    public static String text(String name) {
        if (NAMES.contains(name)) return Page.resource(PipelineRecipes.class, name + ".yaml");
        String hint =
                Nearest.of(name, NAMES).map(n -> "; did you mean " + n + "?").orElse("");
        throw new IllegalArgumentException(
                "--recipe: %s, expected one of %s%s".formatted(name, String.join(", ", NAMES), hint));
    }
}
