package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.Recipe;
import dev.gradine.optim.Optimizer;
import dev.gradine.peft.Methods;
import dev.gradine.settings.Explained;
import dev.gradine.settings.Setting;
import dev.gradine.settings.Settings;
import dev.gradine.settings.Usual;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every number says why it is what it is, and one out of its usual range is told.
class ExplainTest {

    private static final Set<Type> NUMBERS = Set.of(
            int.class, Integer.class, long.class, Long.class, float.class, Float.class, double.class, Double.class);

    @TempDir
    private static Path temp = Path.of("");

    /// Objectives, optimisers and adapter methods with their defaults.
    static List<Record> families() {
        List<Record> all = new ArrayList<>();
        for (Recipe<?> r : Recipes.all()) all.add((Record) r);
        for (Optimizer.Settings s : Optimizer.Settings.all()) all.add((Record) s);
        AdapterArgs.methods().values().stream()
                .filter(m -> m.getClass().getPackage().equals(Methods.class.getPackage())) // not one of a test
                .forEach(all::add);
        return all;
    }

    private static boolean isNumber(Setting s) {
        return NUMBERS.contains(s.type()) && !s.name().matches(".*(seed|prng-key)"); // one seed is as good as another
    }

    @ParameterizedTest
    @MethodSource("families")
    void every_number_has_a_reason_a_source_and_a_range_around_its_default(Record defaults) {
        for (Setting s : Settings.of(defaults).all()) {
            if (!isNumber(s)) continue;
            assertThat(s.isExplained()).as("@Usual of " + s + " in " + defaults).isTrue();
            Explained x = s.explained("--" + s, defaults);
            assertThat(x.usual().from()).as(s.name()).isLessThan(x.usual().to());
            assertThat(x.isUnusual()).as(x.toString()).isFalse();
            assertThat(x.usual().why()).isNotBlank().doesNotEndWith(".");
            assertThat(x.usual().source()).isNotBlank();
        }
    }

    static Stream<Recipe<?>> recipes() {
        return Recipes.all().stream();
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void every_objective_says_which_learning_rate_is_usual(Recipe<?> recipe) {
        Usual usual = recipe.getClass().getAnnotation(Usual.class);
        assertThat(usual).as(recipe.about().name()).isNotNull();
        assertThat(recipe.about().lr()).isBetween(usual.from(), usual.to());
    }

    @Test
    void explain_prints_each_value_with_range_reason_and_source_and_needs_no_model() {
        Cli told = Cli.run("dpo", "--explain", "--rank", "8").ok();
        assertThat(told.err()).isEmpty();
        assertThat(told.out())
                .contains(
                        """
                Objective: dpo
                  --beta                   0.1 (usual: 0.01 to 0.5)
                      0.1 in most of the paper's experiments; smaller lets the policy go further from the reference
                      Rafailov et al. 2023, appendix B; TRL: 0.1
                """,
                        "  --rank                   8, by default 16 (usual: 1 to 256)\n",
                        "  --lr                     5e-5 ");
    }

    /// AdamW's 5e-7 to 3e-4 of DPO, times 0.1 to 1/3.
    @ParameterizedTest
    @CsvSource({
        "--optimizer lion, --lr 5e-5 (usual: 5e-8 to 1e-4)",
        "--optimizer adamw, --lr 5e-5 (usual: 5e-7 to 3e-4)",
        "--adapter ia3, --lr 5e-5 (usual: 0.001 to 0.01; this is not)",
        "--adapter ia3 --lr 3e-3, '--lr 0.003, by default 5e-5 (usual: 0.001 to 0.01)'"
    })
    void the_usual_learning_rate_is_that_of_method_and_optimiser(String options, String line) {
        List<Object> args = new ArrayList<>(List.of("dpo", "--explain"));
        args.addAll(List.of(options.split(" ", -1)));
        assertThat(Cli.run(args.toArray()).ok().out().replaceAll(" +", " ")).contains(line);
    }

    @Test
    void a_run_with_an_unusual_number_says_so_in_one_line_and_goes_on() {
        Object[] args = {
            "sft",
            "--model",
            TinyModel.write(temp.resolve("model")),
            "--out",
            temp.resolve("out"),
            "--samples",
            0,
            "--data",
            TinyModel.tokenRows(temp.resolve("rows.jsonl"), 4, 8, 1),
            "--steps",
            1,
            "--lr",
            0.05
        };
        assertThat(Cli.run(args).ok().err().lines().filter(l -> l.contains("usual")))
                .containsExactly(
                        "gradine: --lr: 0.05 is above the usual 1e-5 to 0.001 (the usual one of a LoRA, ten times full"
                                + " fine-tuning's)");
    }
}
